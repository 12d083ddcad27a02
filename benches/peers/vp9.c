/* VP9 by libvpx: realtime, speed 8, screen content, fixed quantiser 24 of 63, one thread. */
#include "video.h"

#include <string.h>

#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

enum { QUANTISER = 24 };

static vpx_codec_ctx_t encoder;
static vpx_image_t *image;

static int open_encoder(const struct frame *frame, int whole)
{
	vpx_codec_enc_cfg_t config;
	if (vpx_codec_enc_config_default(vpx_codec_vp9_cx(), &config, 0))
		return -1;
	config.g_w = (unsigned)frame->width;
	config.g_h = (unsigned)frame->height;
	config.g_threads = 1;
	config.g_profile = whole ? 1 : 0;
	config.g_lag_in_frames = 0;
	config.g_timebase = (struct vpx_rational){ 1, 1000 };
	config.rc_end_usage = VPX_CBR;
	config.kf_mode = VPX_KF_DISABLED;
	config.g_pass = VPX_RC_ONE_PASS;
	config.rc_target_bitrate = 8000;
	config.rc_min_quantizer = config.rc_max_quantizer = QUANTISER;
	config.rc_undershoot_pct = 95;
	config.rc_buf_sz = 1000;
	config.rc_buf_initial_sz = 500;
	config.rc_buf_optimal_sz = 600;
	config.rc_dropframe_thresh = 0;
	if (vpx_codec_enc_init(&encoder, vpx_codec_vp9_cx(), &config, 0))
		return -1;
	vpx_codec_control(&encoder, VP8E_SET_CPUUSED, 8);
	vpx_codec_control(&encoder, VP9E_SET_TUNE_CONTENT, VP9E_CONTENT_SCREEN);
	vpx_codec_control(&encoder, VP9E_SET_AQ_MODE, 0);
	vpx_codec_control(&encoder, VP8E_SET_STATIC_THRESHOLD, 1);
	vpx_codec_control(&encoder, VP9E_SET_NOISE_SENSITIVITY, 0);
	vpx_codec_control(&encoder, VP9E_SET_ROW_MT, 0);
	vpx_codec_control(&encoder, VP9E_SET_FRAME_PARALLEL_DECODING, 0);
	if (video_open(frame, whole, "vp9") < 0)
		return -1;
	image = vpx_img_wrap(NULL, whole ? VPX_IMG_FMT_I444 : VPX_IMG_FMT_I420, (unsigned)frame->width, (unsigned)frame->height, 1, planes.y);
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
	const vpx_codec_pts_t time = (vpx_codec_pts_t)((double)planes.number++ * 1000 / frame->fps);
	if (vpx_codec_encode(&encoder, image, time, (unsigned long)(1000 / frame->fps), 0, VPX_DL_REALTIME))
		return -1;
	size_t total = 0;
	vpx_codec_iter_t at = NULL;
	for (const vpx_codec_cx_pkt_t *packet; (packet = vpx_codec_get_cx_data(&encoder, &at));) {
		if (packet->kind != VPX_CODEC_CX_FRAME_PKT)
			continue;
		if (total + packet->data.frame.sz > output->capacity)
			return -1;
		memcpy(output->bytes + total, packet->data.frame.buf, packet->data.frame.sz);
		total += packet->data.frame.sz;
	}
	return (long)total;
}

const struct peer peers[] = {
	{ "vp9-realtime", open_encoder, encode, video_decode, 0 },
	{ "vp9-realtime-444", open_encoder, encode, video_decode, 1 },
	{ 0 },
};
