/* openh264 in its mode for screens: fixed QP 24, one thread, 4:2:0, key frame only at the start. */
#include "video.h"

#include <string.h>

#include <wels/codec_api.h>

static ISVCEncoder *encoder;

static int open_encoder(const struct frame *frame, int setting)
{
	SEncParamExt param;
	if (WelsCreateSVCEncoder(&encoder) != 0 || (*encoder)->GetDefaultParams(encoder, &param) != 0)
		return -1;
	param.iUsageType = SCREEN_CONTENT_REAL_TIME;
	param.iPicWidth = frame->width;
	param.iPicHeight = frame->height;
	param.fMaxFrameRate = (float)frame->fps;
	param.iRCMode = RC_OFF_MODE;
	param.iTargetBitrate = 8000000;
	param.iMaxBitrate = UNSPECIFIED_BIT_RATE;
	param.iMultipleThreadIdc = 1;
	param.bEnableFrameSkip = 0;
	param.uiIntraPeriod = 0;
	param.iTemporalLayerNum = 1;
	param.iSpatialLayerNum = 1;
	param.bEnableLongTermReference = 0;
	param.bEnableSceneChangeDetect = 1;
	param.bEnableAdaptiveQuant = 0;
	param.iMaxQp = 51;
	param.iMinQp = 10;
	param.sSpatialLayers[0].iVideoWidth = frame->width;
	param.sSpatialLayers[0].iVideoHeight = frame->height;
	param.sSpatialLayers[0].fFrameRate = (float)frame->fps;
	param.sSpatialLayers[0].iSpatialBitrate = param.iTargetBitrate;
	param.sSpatialLayers[0].iDLayerQp = setting;
	param.sSpatialLayers[0].sSliceArgument.uiSliceMode = SM_SINGLE_SLICE;
	int format = videoFormatI420, level = WELS_LOG_ERROR;
	(*encoder)->SetOption(encoder, ENCODER_OPTION_TRACE_LEVEL, &level);
	if ((*encoder)->InitializeExt(encoder, &param) != 0 || (*encoder)->SetOption(encoder, ENCODER_OPTION_DATAFORMAT, &format) != 0)
		return -1;
	return video_open(frame, 0, "h264");
}

static long encode(const struct frame *frame, struct output *output)
{
	SSourcePicture in;
	SFrameBSInfo out;
	memset(&in, 0, sizeof in);
	memset(&out, 0, sizeof out);
	video_planes(frame);
	in.iColorFormat = videoFormatI420;
	in.iPicWidth = frame->width;
	in.iPicHeight = frame->height;
	in.iStride[0] = planes.stride;
	in.iStride[1] = in.iStride[2] = planes.chroma_stride;
	in.pData[0] = planes.y;
	in.pData[1] = planes.u;
	in.pData[2] = planes.v;
	in.uiTimeStamp = (long long)((double)planes.number++ * 1000 / frame->fps);
	if ((*encoder)->EncodeFrame(encoder, &in, &out) != 0)
		return -1;
	size_t total = 0;
	for (int layer = 0; layer < out.iLayerNum; layer++) {
		const SLayerBSInfo *info = &out.sLayerInfo[layer];
		size_t size = 0;
		for (int nal = 0; nal < info->iNalCount; nal++)
			size += (size_t)info->pNalLengthInByte[nal];
		if (total + size > output->capacity)
			return -1;
		memcpy(output->bytes + total, info->pBsBuf, size);
		total += size;
	}
	return total ? (long)total : -1;
}

const struct peer peers[] = {
	{ "openh264-screen", open_encoder, encode, video_decode, 24 },
	{ 0 },
};
