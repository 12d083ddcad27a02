#include "video.h"

#include <stdlib.h>

#include <libavcodec/avcodec.h>
#include <libavutil/log.h>
#include <libyuv.h>

struct planes planes;

static AVCodecContext *decoder;
static AVFrame *decoded;
static AVPacket *packet;

int video_open(const struct frame *frame, int whole, const char *name)
{
	const int columns = (frame->width + 63) / 64 * 64, rows = (frame->height + 63) / 64 * 64;
	const size_t size = (size_t)columns * rows;
	planes = (struct planes){ .stride = columns, .chroma_stride = whole ? columns : columns / 2, .whole = whole };
	planes.y = aligned_alloc(64, size);
	planes.u = aligned_alloc(64, size);
	planes.v = aligned_alloc(64, size);
	av_log_set_level(AV_LOG_QUIET);
	const AVCodec *codec = avcodec_find_decoder_by_name(name);
	decoder = codec ? avcodec_alloc_context3(codec) : NULL;
	decoded = av_frame_alloc();
	packet = av_packet_alloc();
	if (!planes.y || !planes.u || !planes.v || !decoder || !decoded || !packet)
		return -1;
	decoder->thread_count = 1;
	decoder->flags |= AV_CODEC_FLAG_LOW_DELAY;
	return avcodec_open2(decoder, codec, NULL);
}

void video_planes(const struct frame *frame)
{
	(planes.whole ? ARGBToI444 : ARGBToI420)(frame->pixels, frame->width * 4, planes.y, planes.stride, planes.u, planes.chroma_stride, planes.v,
						 planes.chroma_stride, frame->width, frame->height);
}

int video_decode(const struct frame *frame, struct output *output, size_t bytes)
{
	packet->data = output->bytes;
	packet->size = (int)bytes;
	if (avcodec_send_packet(decoder, packet) < 0 || avcodec_receive_frame(decoder, decoded) < 0)
		return -1;
	if (decoded->width != frame->width || decoded->height != frame->height)
		return -1;
	const int whole = decoded->format == AV_PIX_FMT_YUV444P || decoded->format == AV_PIX_FMT_GBRP;
	return (whole ? I444ToARGB : I420ToARGB)(decoded->data[0], decoded->linesize[0], decoded->data[1], decoded->linesize[1], decoded->data[2],
						 decoded->linesize[2], output->picture, frame->width * 4, frame->width, frame->height);
}
