/* The codecs of libfreerdp 2, with its default quantisation; planar and NSCodec a message for each run of tiles that differ, behind 8 bytes that say where. */
#include "peer.h"

#include <stdlib.h>
#include <string.h>

#include <freerdp/codec/color.h>
#include <freerdp/codec/nsc.h>
#include <freerdp/codec/planar.h>
#include <freerdp/codec/progressive.h>
#include <freerdp/codec/rfx.h>
#include <freerdp/freerdp.h>

enum { PLACE = 8 };

static PROGRESSIVE_CONTEXT *progressive_encoder, *progressive_decoder;
static RFX_CONTEXT *rfx_encoder, *rfx_decoder;
static NSC_CONTEXT *nsc_encoder, *nsc_decoder;
static BITMAP_PLANAR_CONTEXT *planar_encoder, *planar_decoder;
static wStream *stream;
static RFX_RECT *rects;
static UINT32 *sizes;
static UINT32 frame_number;

static int make_room(const struct frame *frame)
{
	const size_t most = (size_t)frame->width * frame->height / 64 + 64;
	stream = Stream_New(NULL, 1 << 20);
	rects = calloc(most, sizeof *rects);
	sizes = calloc(most, sizeof *sizes);
	return stream && rects && sizes ? 0 : -1;
}

static long take_stream(struct output *output)
{
	const size_t len = Stream_GetPosition(stream);
	if (len > output->capacity)
		return -1;
	memcpy(output->bytes, Stream_Buffer(stream), len);
	return (long)len;
}

static int open_progressive(const struct frame *frame, int setting)
{
	(void)setting;
	progressive_encoder = progressive_context_new(TRUE);
	progressive_decoder = progressive_context_new(FALSE);
	if (!progressive_encoder || !progressive_decoder)
		return -1;
	return progressive_create_surface_context(progressive_decoder, 1, (UINT32)frame->width, (UINT32)frame->height) < 0 ? -1 : 0;
}

static long encode_progressive(const struct frame *frame, struct output *output)
{
	REGION16 region;
	BYTE *bytes = NULL;
	UINT32 size = 0;
	region16_init(&region);
	for (int n = 0; n < frame->run_count; n++) {
		const struct area *run = &frame->runs[n];
		const RECTANGLE_16 rect = { (UINT16)run->x, (UINT16)run->y, (UINT16)(run->x + run->w), (UINT16)(run->y + run->h) };
		region16_union_rect(&region, &region, &rect);
	}
	const int done = progressive_compress_ex(progressive_encoder, frame->pixels, (UINT32)frame->size, PIXEL_FORMAT_BGRX32, (UINT32)frame->width,
						 (UINT32)frame->height, (UINT32)frame->width * 4, &region, &bytes, &size);
	region16_uninit(&region);
	if (done < 0 || size > output->capacity)
		return -1;
	memcpy(output->bytes, bytes, size);
	return size;
}

static int decode_progressive(const struct frame *frame, struct output *output, size_t bytes)
{
	REGION16 invalid;
	region16_init(&invalid);
	const int done = progressive_decompress_ex(progressive_decoder, output->bytes, (UINT32)bytes, output->picture, PIXEL_FORMAT_BGRX32,
						   (UINT32)frame->width * 4, 0, 0, &invalid, 1, frame_number++);
	region16_uninit(&invalid);
	return done < 0 ? -1 : 0;
}

static int open_rfx(const struct frame *frame, int setting)
{
	(void)setting;
	rfx_encoder = rfx_context_new(TRUE);
	rfx_decoder = rfx_context_new(FALSE);
	if (!rfx_encoder || !rfx_decoder || !rfx_context_reset(rfx_encoder, (UINT32)frame->width, (UINT32)frame->height) ||
	    !rfx_context_reset(rfx_decoder, (UINT32)frame->width, (UINT32)frame->height))
		return -1;
	rfx_encoder->mode = RLGR3;
	rfx_context_set_pixel_format(rfx_encoder, PIXEL_FORMAT_BGRX32);
	rfx_context_set_pixel_format(rfx_decoder, PIXEL_FORMAT_BGRX32);
	return make_room(frame);
}

static long encode_rfx(const struct frame *frame, struct output *output)
{
	for (int n = 0; n < frame->run_count; n++) {
		const struct area *run = &frame->runs[n];
		rects[n] = (RFX_RECT){ (UINT16)run->x, (UINT16)run->y, (UINT16)run->w, (UINT16)run->h };
	}
	Stream_SetPosition(stream, 0);
	if (!rfx_compose_message(rfx_encoder, stream, rects, (size_t)frame->run_count, frame->pixels, (UINT32)frame->width, (UINT32)frame->height,
				 (UINT32)frame->width * 4))
		return -1;
	return take_stream(output);
}

static int decode_rfx(const struct frame *frame, struct output *output, size_t bytes)
{
	REGION16 invalid;
	region16_init(&invalid);
	const BOOL done = rfx_process_message(rfx_decoder, output->bytes, (UINT32)bytes, 0, 0, output->picture, PIXEL_FORMAT_BGRX32,
					      (UINT32)frame->width * 4, (UINT32)frame->height, &invalid);
	region16_uninit(&invalid);
	return done ? 0 : -1;
}

static int open_nsc(const struct frame *frame, int setting)
{
	(void)setting;
	nsc_encoder = nsc_context_new();
	nsc_decoder = nsc_context_new();
	if (!nsc_encoder || !nsc_decoder)
		return -1;
	nsc_context_set_parameters(nsc_encoder, NSC_COLOR_LOSS_LEVEL, 3);
	nsc_context_set_parameters(nsc_encoder, NSC_ALLOW_SUBSAMPLING, 1);
	nsc_context_set_parameters(nsc_encoder, NSC_DYNAMIC_COLOR_FIDELITY, 1);
	nsc_context_set_parameters(nsc_encoder, NSC_COLOR_FORMAT, PIXEL_FORMAT_BGRX32);
	nsc_context_set_parameters(nsc_decoder, NSC_COLOR_FORMAT, PIXEL_FORMAT_BGRX32);
	if (!nsc_context_reset(nsc_encoder, (UINT32)frame->width, (UINT32)frame->height) ||
	    !nsc_context_reset(nsc_decoder, (UINT32)frame->width, (UINT32)frame->height))
		return -1;
	return make_room(frame);
}

static long encode_nsc(const struct frame *frame, struct output *output)
{
	size_t at = 0;
	for (int n = 0; n < frame->run_count; n++) {
		const struct area *run = &frame->runs[n];
		Stream_SetPosition(stream, 0);
		if (!nsc_compose_message(nsc_encoder, stream, frame->pixels + offset(frame, run), (UINT32)run->w, (UINT32)run->h, (UINT32)frame->width * 4))
			return -1;
		sizes[n] = (UINT32)Stream_GetPosition(stream);
		if (at + sizes[n] > output->capacity)
			return -1;
		memcpy(output->bytes + at, Stream_Buffer(stream), sizes[n]);
		at += sizes[n];
	}
	return (long)(at + (size_t)frame->run_count * PLACE);
}

static int decode_nsc(const struct frame *frame, struct output *output, size_t bytes)
{
	(void)bytes;
	const uint8_t *from = output->bytes;
	for (int n = 0; n < frame->run_count; from += sizes[n++]) {
		const struct area *run = &frame->runs[n];
		if (!nsc_process_message(nsc_decoder, 32, (UINT32)run->w, (UINT32)run->h, from, sizes[n], output->picture, PIXEL_FORMAT_BGRX32,
					 (UINT32)frame->width * 4, (UINT32)run->x, (UINT32)run->y, (UINT32)run->w, (UINT32)run->h, FREERDP_FLIP_VERTICAL))
			return -1;
	}
	return 0;
}

static int open_planar(const struct frame *frame, int setting)
{
	(void)setting;
	planar_encoder = freerdp_bitmap_planar_context_new(PLANAR_FORMAT_HEADER_NA | PLANAR_FORMAT_HEADER_RLE, (UINT32)frame->width, 64);
	planar_decoder = freerdp_bitmap_planar_context_new(0, (UINT32)frame->width, 64);
	return planar_encoder && planar_decoder ? make_room(frame) : -1;
}

static long encode_planar(const struct frame *frame, struct output *output)
{
	size_t at = 0;
	for (int n = 0; n < frame->run_count; n++) {
		const struct area *run = &frame->runs[n];
		sizes[n] = (UINT32)(output->capacity - at);
		if (!freerdp_bitmap_compress_planar(planar_encoder, frame->pixels + offset(frame, run), PIXEL_FORMAT_BGRX32, (UINT32)run->w, (UINT32)run->h,
						    (UINT32)frame->width * 4, output->bytes + at, &sizes[n]))
			return -1;
		at += sizes[n];
	}
	return (long)(at + (size_t)frame->run_count * PLACE);
}

static int decode_planar(const struct frame *frame, struct output *output, size_t bytes)
{
	(void)bytes;
	const uint8_t *from = output->bytes;
	for (int n = 0; n < frame->run_count; from += sizes[n++]) {
		const struct area *run = &frame->runs[n];
		if (!planar_decompress(planar_decoder, from, sizes[n], (UINT32)run->w, (UINT32)run->h, output->picture, PIXEL_FORMAT_BGRX32,
				       (UINT32)frame->width * 4, (UINT32)run->x, (UINT32)run->y, (UINT32)run->w, (UINT32)run->h, TRUE))
			return -1;
	}
	return 0;
}

const struct peer peers[] = {
	{ "freerdp-progressive", open_progressive, encode_progressive, decode_progressive, 0 },
	{ "freerdp-rfx", open_rfx, encode_rfx, decode_rfx, 0 },
	{ "freerdp-nsc", open_nsc, encode_nsc, decode_nsc, 0 },
	{ "freerdp-planar", open_planar, encode_planar, decode_planar, 0 },
	{ 0 },
};
