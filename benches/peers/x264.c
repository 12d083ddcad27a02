/* x264: constant quality (CRF 23), zero latency, one thread, key frame only at the start. */
#include "video.h"

#include <string.h>

#include <x264.h>

enum { ULTRAFAST = 0, VERYFAST = 1, WHOLE_CHROMA = 2 };

static x264_t *encoder;

static int open_encoder(const struct frame *frame, int setting)
{
	x264_param_t param;
	if (x264_param_default_preset(&param, setting & VERYFAST ? "veryfast" : "ultrafast", "zerolatency") < 0)
		return -1;
	param.i_threads = 1;
	param.b_sliced_threads = 0;
	param.i_width = frame->width;
	param.i_height = frame->height;
	param.i_csp = setting & WHOLE_CHROMA ? X264_CSP_I444 : X264_CSP_I420;
	param.i_fps_num = (uint32_t)frame->fps;
	param.i_fps_den = 1;
	param.i_keyint_max = X264_KEYINT_MAX_INFINITE;
	param.rc.i_rc_method = X264_RC_CRF;
	param.rc.f_rf_constant = 23;
	param.i_log_level = X264_LOG_ERROR;
	param.b_annexb = 1;
	param.b_repeat_headers = 1;
	if (setting & WHOLE_CHROMA && x264_param_apply_profile(&param, "high444") < 0)
		return -1;
	encoder = x264_encoder_open(&param);
	return encoder ? video_open(frame, setting & WHOLE_CHROMA, "h264") : -1;
}

static long encode(const struct frame *frame, struct output *output)
{
	x264_picture_t in, out;
	x264_nal_t *nal;
	int count;
	video_planes(frame);
	x264_picture_init(&in);
	in.img.i_csp = planes.whole ? X264_CSP_I444 : X264_CSP_I420;
	in.img.i_plane = 3;
	in.img.plane[0] = planes.y;
	in.img.plane[1] = planes.u;
	in.img.plane[2] = planes.v;
	in.img.i_stride[0] = planes.stride;
	in.img.i_stride[1] = in.img.i_stride[2] = planes.chroma_stride;
	in.i_pts = planes.number++;
	const int size = x264_encoder_encode(encoder, &nal, &count, &in, &out);
	if (size <= 0 || (size_t)size > output->capacity)
		return -1;
	memcpy(output->bytes, nal[0].p_payload, (size_t)size);
	return size;
}

const struct peer peers[] = {
	{ "x264-ultrafast", open_encoder, encode, video_decode, ULTRAFAST },
	{ "x264-ultrafast-444", open_encoder, encode, video_decode, ULTRAFAST | WHOLE_CHROMA },
	{ "x264-veryfast", open_encoder, encode, video_decode, VERYFAST },
	{ 0 },
};
