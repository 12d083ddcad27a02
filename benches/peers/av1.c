/* AV1 by libaom: realtime, speed 10, screen content with palettes, fixed quantiser 24 of 63, one thread; decoded by dav1d. */
#include "video.h"

#include <string.h>

#include <aom/aom_encoder.h>
#include <aom/aomcx.h>

enum { QUANTISER = 24 };

static aom_codec_ctx_t encoder;
static aom_image_t *image;

static int open_encoder(const struct frame *frame, int whole)
{
	aom_codec_enc_cfg_t config;
	if (aom_codec_enc_config_default(aom_codec_av1_cx(), &config, AOM_USAGE_REALTIME))
		return -1;
	config.g_w = (unsigned)frame->width;
	config.g_h = (unsigned)frame->height;
	config.g_threads = 1;
	config.g_profile = whole ? 1 : 0;
	config.g_lag_in_frames = 0;
	config.g_timebase = (struct aom_rational){ 1, 1000 };
	config.rc_end_usage = AOM_CBR;
	config.kf_mode = AOM_KF_DISABLED;
	config.rc_target_bitrate = 8000;
	config.rc_min_quantizer = config.rc_max_quantizer = QUANTISER;
	config.g_error_resilient = 0;
	if (aom_codec_enc_init(&encoder, aom_codec_av1_cx(), &config, 0))
		return -1;
	aom_codec_control(&encoder, AOME_SET_CPUUSED, 10);
	aom_codec_control(&encoder, AV1E_SET_TUNE_CONTENT, AOM_CONTENT_SCREEN);
	aom_codec_control(&encoder, AV1E_SET_ENABLE_PALETTE, 1);
	aom_codec_control(&encoder, AV1E_SET_AQ_MODE, 0);
	aom_codec_control(&encoder, AV1E_SET_ENABLE_CDEF, 1);
	aom_codec_control(&encoder, AV1E_SET_ENABLE_ORDER_HINT, 0);
	aom_codec_control(&encoder, AV1E_SET_ENABLE_OBMC, 0);
	aom_codec_control(&encoder, AV1E_SET_ENABLE_WARPED_MOTION, 0);
	aom_codec_control(&encoder, AV1E_SET_ENABLE_GLOBAL_MOTION, 0);
	aom_codec_control(&encoder, AV1E_SET_COEFF_COST_UPD_FREQ, 3);
	aom_codec_control(&encoder, AV1E_SET_MODE_COST_UPD_FREQ, 3);
	aom_codec_control(&encoder, AV1E_SET_MV_COST_UPD_FREQ, 3);
	if (video_open(frame, whole, "libdav1d") < 0)
		return -1;
	image = aom_img_wrap(NULL, whole ? AOM_IMG_FMT_I444 : AOM_IMG_FMT_I420, (unsigned)frame->width, (unsigned)frame->height, 1, planes.y);
	if (!image)
		return -1;
	image->planes[0] = planes.y;
	image->planes[1] = planes.u;
	image->planes[2] = planes.v;
	image->stride[0] = planes.stride;
	image->stride[1] = image->stride[2] = planes.chroma_stride;
	return 0;
}

static long encode(const struct frame *frame, struct output *output)
{
	video_planes(frame);
	const aom_codec_pts_t time = (aom_codec_pts_t)((double)planes.number++ * 1000 / frame->fps);
	if (aom_codec_encode(&encoder, image, time, (unsigned long)(1000 / frame->fps), 0))
		return -1;
	size_t total = 0;
	aom_codec_iter_t at = NULL;
	for (const aom_codec_cx_pkt_t *packet; (packet = aom_codec_get_cx_data(&encoder, &at));) {
		if (packet->kind != AOM_CODEC_CX_FRAME_PKT)
			continue;
		if (total + packet->data.frame.sz > output->capacity)
			return -1;
		memcpy(output->bytes + total, packet->data.frame.buf, packet->data.frame.sz);
		total += packet->data.frame.sz;
	}
	return (long)total;
}

const struct peer peers[] = {
	{ "av1-realtime", open_encoder, encode, video_decode, 0 },
	{ "av1-realtime-444", open_encoder, encode, video_decode, 1 },
	{ 0 },
};
