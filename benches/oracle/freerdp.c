/* FreeRDP 2.11 as an oracle: decodes and encodes what it is asked to, one request after another.
 *
 * Started by the program `oracle` of this package, which holds the other side in src/oracle/freerdp.rs. A request on standard
 * input is eight numbers (32 bits, little-endian) and data:
 *
 *     kind, x, y, width, height, extra, 0, length, data[length]
 *
 * and the answer on standard output is two numbers and data: status, length, data[length]. Status 0 is success; anything else
 * is FreeRDP's own refusal. There is one surface of BGRX pixels and one context of each codec; RESET makes them anew. Commands
 * that paint answer without data: READ returns the surface.
 *
 * To add an operation: a constant, a function, a line in `serve`; then a method in freerdp.rs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <freerdp/channels/rdpgfx.h>
#include <freerdp/codec/clear.h>
#include <freerdp/codec/color.h>
#include <freerdp/codec/h264.h>
#include <freerdp/codec/nsc.h>
#include <freerdp/codec/planar.h>
#include <freerdp/codec/progressive.h>
#include <freerdp/codec/region.h>
#include <freerdp/codec/rfx.h>
#include <freerdp/codec/zgfx.h>

#include "freerdp.h"

enum kind {
	/* The surface: width, height. */
	RESET = 0,
	READ = 1,
	/* Decoders: x, y, width, height of the target. */
	ZGFX_DECODE = 2,
	CLEAR_DECODE = 3,
	PLANAR_DECODE = 4,
	PROGRESSIVE_DECODE = 5, /* extra: frame id */
	RFX_DECODE = 6,
	NSC_DECODE = 7,
	AVC420_DECODE = 8, /* data: RDPGFX_AVC420_BITMAP_STREAM */
	AVC444_DECODE = 9, /* data: RDPGFX_AVC444_BITMAP_STREAM; extra: codec id */
	/* Encoders: width, height; data: BGRX pixels without padding. */
	ZGFX_ENCODE = 16, /* data: any bytes */
	PROGRESSIVE_ENCODE = 17,
	RFX_ENCODE = 18,    /* extra: 1 or 3, the RLGR mode */
	PLANAR_ENCODE = 19, /* extra: flags of the context */
	NSC_ENCODE = 20,    /* extra: colour loss level, + 256 with subsampling */
	AVC420_ENCODE = 21, /* extra: QP; the answer is one access unit, without metablock */
	/* The graphics pipeline as a whole, graphics.c: one command of [MS-RDPEGFX] with its header. */
	GRAPHICS_RESET = 32,
	GRAPHICS_COMMAND = 33,
	GRAPHICS_READ = 34,
};

static struct {
	UINT32 width, height;
	BYTE* pixels;
	CLEAR_CONTEXT* clear;
	PROGRESSIVE_CONTEXT* progressive;
	PROGRESSIVE_CONTEXT* progressive_encoder;
	BITMAP_PLANAR_CONTEXT* planar;
	ZGFX_CONTEXT* zgfx;
	ZGFX_CONTEXT* zgfx_encoder;
	RFX_CONTEXT* rfx;
	NSC_CONTEXT* nsc;
	H264_CONTEXT* h264;
	H264_CONTEXT* h264_encoder;
} state;

static FILE* answers;

void die(const char* why)
{
	fprintf(stderr, "oracle: %s\n", why);
	exit(2);
}

static void answer(INT32 status, const BYTE* data, size_t length)
{
	UINT32 head[2] = { (UINT32)status, status == 0 ? (UINT32)length : 0 };
	if (fwrite(head, sizeof(head), 1, answers) != 1 || (head[1] > 0 && fwrite(data, head[1], 1, answers) != 1) ||
	    fflush(answers) != 0)
		die("the answer cannot be written");
}

static void* made(void* context)
{
	if (!context)
		die("a context cannot be made");
	return context;
}

static void reset(UINT32 width, UINT32 height)
{
	free(state.pixels);
	if (state.clear) {
		clear_context_free(state.clear);
		progressive_context_free(state.progressive);
		progressive_context_free(state.progressive_encoder);
		freerdp_bitmap_planar_context_free(state.planar);
		zgfx_context_free(state.zgfx);
		zgfx_context_free(state.zgfx_encoder);
		rfx_context_free(state.rfx);
		nsc_context_free(state.nsc);
		h264_context_free(state.h264);
		h264_context_free(state.h264_encoder);
	}
	state.width = width;
	state.height = height;
	state.pixels = made(malloc((size_t)width * height * 4 + 1));
	for (size_t i = 0; i < (size_t)width * height; i++)
		memcpy(state.pixels + 4 * i, "\0\0\0\xff", 4);
	state.clear = made(clear_context_new(FALSE));
	state.progressive = made(progressive_context_new(FALSE));
	state.progressive_encoder = made(progressive_context_new(TRUE));
	state.planar = made(freerdp_bitmap_planar_context_new(0, width + 64, height + 64));
	state.zgfx = made(zgfx_context_new(FALSE));
	state.zgfx_encoder = made(zgfx_context_new(TRUE));
	state.rfx = made(rfx_context_new(FALSE));
	state.nsc = made(nsc_context_new());
	state.h264 = made(h264_context_new(FALSE));
	state.h264_encoder = made(h264_context_new(TRUE));
	rfx_context_reset(state.rfx, width, height);
	nsc_context_reset(state.nsc, width, height);
	h264_context_reset(state.h264, width, height);
	progressive_create_surface_context(state.progressive, 0, width, height);
}

static UINT32 number(const BYTE* at)
{
	return at[0] | at[1] << 8 | at[2] << 16 | (UINT32)at[3] << 24;
}

/* Cuts an RDPGFX_AVC420_BITMAP_STREAM ([MS-RDPEGFX] 2.2.4.4): regions, their qualities, an access unit. */
int avc420_cut(const BYTE* data, UINT32 length, RECTANGLE_16** rects, UINT32* count, const BYTE** unit, UINT32* unit_length)
{
	if (length < 4 || (*count = number(data)) > (length - 4) / 10)
		return -1000;
	*rects = made(calloc(*count + 1, sizeof(RECTANGLE_16)));
	memcpy(*rects, data + 4, *count * sizeof(RECTANGLE_16)); /* four little-endian u16, as on this machine */
	*unit = data + 4 + *count * 10;
	*unit_length = length - 4 - *count * 10;
	return 0;
}

static INT32 avc420(const BYTE* data, UINT32 length)
{
	RECTANGLE_16* rects;
	UINT32 count, unit_length;
	const BYTE* unit;
	INT32 status = avc420_cut(data, length, &rects, &count, &unit, &unit_length);
	if (status != 0)
		return status;
	status = avc420_decompress(state.h264, unit, unit_length, state.pixels, PIXEL_FORMAT_BGRX32, state.width * 4, state.width,
	                           state.height, rects, count);
	free(rects);
	return status < 0 ? status : 0;
}

static INT32 avc444(const BYTE* data, UINT32 length, UINT32 codec)
{
	if (length < 4)
		return -1000;
	/* [MS-RDPEGFX] 2.2.4.5: 30 bits of length of the first stream, 2 bits that say which views follow. */
	const UINT32 info = number(data), first = info & 0x3fffffff, views = info >> 30;
	RECTANGLE_16 *rects[2] = { NULL, NULL };
	UINT32 count[2] = { 0, 0 }, unit_length[2] = { 0, 0 };
	const BYTE* unit[2] = { NULL, NULL };
	if (first > length - 4)
		return -1000;
	const UINT32 main_length = views == 0 ? first : length - 4;
	INT32 status = avc420_cut(data + 4, main_length, &rects[0], &count[0], &unit[0], &unit_length[0]);
	if (status == 0 && views == 0)
		status = avc420_cut(data + 4 + first, length - 4 - first, &rects[1], &count[1], &unit[1], &unit_length[1]);
	if (status == 0)
		status = avc444_decompress(state.h264, (BYTE)views, rects[0], count[0], unit[0], unit_length[0], rects[1], count[1], unit[1],
		                           unit_length[1], state.pixels, PIXEL_FORMAT_BGRX32, state.width * 4, state.width, state.height,
		                           codec);
	free(rects[0]);
	free(rects[1]);
	return status < 0 ? status : 0;
}

static void zgfx_encode(const BYTE* data, UINT32 length)
{
	UINT32 flags = 0;
	wStream* out = made(Stream_New(NULL, length + 1024));
	const int status = zgfx_compress_to_stream(state.zgfx_encoder, out, data, length, &flags);
	answer(status < 0 ? status : 0, Stream_Buffer(out), Stream_GetPosition(out));
	Stream_Free(out, TRUE);
}

static void rfx_encode(const BYTE* data, UINT32 width, UINT32 height, UINT32 mode)
{
	const RFX_RECT whole = { 0, 0, (UINT16)width, (UINT16)height };
	RFX_CONTEXT* encoder = made(rfx_context_new(TRUE));
	wStream* out = made(Stream_New(NULL, (size_t)width * height * 4 + 65536));
	rfx_context_reset(encoder, width, height);
	rfx_context_set_pixel_format(encoder, PIXEL_FORMAT_BGRX32);
	encoder->mode = mode == 1 ? RLGR1 : RLGR3;
	const BOOL done = rfx_compose_message(encoder, out, &whole, 1, data, width, height, width * 4);
	answer(done ? 0 : -1, Stream_Buffer(out), Stream_GetPosition(out));
	Stream_Free(out, TRUE);
	rfx_context_free(encoder);
}

static void planar_encode(const BYTE* data, UINT32 width, UINT32 height, UINT32 flags)
{
	UINT32 length = 0;
	BITMAP_PLANAR_CONTEXT* encoder = made(freerdp_bitmap_planar_context_new(flags, width, height));
	BYTE* out = freerdp_bitmap_compress_planar(encoder, data, PIXEL_FORMAT_BGRX32, width, height, width * 4, NULL, &length);
	answer(out ? 0 : -1, out, length);
	free(out);
	freerdp_bitmap_planar_context_free(encoder);
}

static void nsc_encode(const BYTE* data, UINT32 width, UINT32 height, UINT32 extra)
{
	NSC_CONTEXT* encoder = made(nsc_context_new());
	wStream* out = made(Stream_New(NULL, (size_t)width * height * 8 + 1024));
	nsc_context_reset(encoder, width, height);
	nsc_context_set_parameters(encoder, NSC_COLOR_FORMAT, PIXEL_FORMAT_BGRX32);
	nsc_context_set_parameters(encoder, NSC_COLOR_LOSS_LEVEL, extra & 0xff);
	nsc_context_set_parameters(encoder, NSC_ALLOW_SUBSAMPLING, extra >> 8);
	const BOOL done = nsc_compose_message(encoder, out, data, width, height, width * 4);
	answer(done ? 0 : -1, Stream_Buffer(out), Stream_GetPosition(out));
	Stream_Free(out, TRUE);
	nsc_context_free(encoder);
}

static void avc420_encode(const BYTE* data, UINT32 width, UINT32 height, UINT32 qp)
{
	BYTE* out = NULL;
	UINT32 length = 0;
	if (state.h264_encoder->width != width || state.h264_encoder->height != height) {
		h264_context_reset(state.h264_encoder, width, height);
		state.h264_encoder->RateControlMode = H264_RATECONTROL_CQP;
		state.h264_encoder->QP = qp;
		state.h264_encoder->FrameRate = 30;
	}
	const INT32 status = avc420_compress(state.h264_encoder, data, PIXEL_FORMAT_BGRX32, width * 4, width, height, &out, &length);
	answer(status < 0 ? status : 0, out, length);
}

static void progressive_encode(const BYTE* data, UINT32 width, UINT32 height)
{
	BYTE* out = NULL;
	UINT32 length = 0;
	const int status = progressive_compress_ex(state.progressive_encoder, data, width * height * 4, PIXEL_FORMAT_BGRX32, width,
	                                           height, width * 4, NULL, &out, &length);
	answer(status < 0 ? status : 0, out, length);
}

static void serve(const UINT32 head[8], const BYTE* data)
{
	const UINT32 x = head[1], y = head[2], width = head[3], height = head[4], extra = head[5], length = head[7];
	const UINT32 stride = state.width * 4;
	INT32 status = 0;
	switch (head[0]) {
		case RESET:
			reset(width, height);
			break;
		case READ:
			answer(0, state.pixels, (size_t)stride * state.height);
			return;
		case ZGFX_DECODE: {
			BYTE* out = NULL;
			UINT32 out_length = 0;
			status = zgfx_decompress(state.zgfx, data, length, &out, &out_length, 0);
			answer(status < 0 ? status : 0, out, out_length);
			free(out);
			return;
		}
		case CLEAR_DECODE:
			status = clear_decompress(state.clear, data, length, width, height, state.pixels, PIXEL_FORMAT_BGRX32, stride, x, y,
			                          state.width, state.height, NULL);
			break;
		case PLANAR_DECODE:
			status = planar_decompress(state.planar, data, length, width, height, state.pixels, PIXEL_FORMAT_BGRX32, stride, x, y,
			                           width, height, FALSE)
			             ? 0
			             : -1;
			break;
		case PROGRESSIVE_DECODE: {
			REGION16 region;
			region16_init(&region);
			status = progressive_decompress_ex(state.progressive, data, length, state.pixels, PIXEL_FORMAT_BGRX32, stride, x, y,
			                                   &region, 0, extra);
			region16_uninit(&region);
			status = status < 0 ? status : 0;
			break;
		}
		case RFX_DECODE: {
			REGION16 region;
			region16_init(&region);
			status = rfx_process_message(state.rfx, data, length, x, y, state.pixels, PIXEL_FORMAT_BGRX32, stride, state.height,
			                             &region)
			             ? 0
			             : -1;
			region16_uninit(&region);
			break;
		}
		case NSC_DECODE:
			status = nsc_process_message(state.nsc, 32, width, height, data, length, state.pixels, PIXEL_FORMAT_BGRX32, stride, x, y,
			                             width, height, 0)
			             ? 0
			             : -1;
			break;
		case AVC420_DECODE:
			status = avc420(data, length);
			break;
		case AVC444_DECODE:
			status = avc444(data, length, extra);
			break;
		case ZGFX_ENCODE:
			zgfx_encode(data, length);
			return;
		case PROGRESSIVE_ENCODE:
			progressive_encode(data, width, height);
			return;
		case RFX_ENCODE:
			rfx_encode(data, width, height, extra);
			return;
		case PLANAR_ENCODE:
			planar_encode(data, width, height, extra);
			return;
		case NSC_ENCODE:
			nsc_encode(data, width, height, extra);
			return;
		case AVC420_ENCODE:
			avc420_encode(data, width, height, extra);
			return;
		case GRAPHICS_RESET:
			graphics_reset();
			break;
		case GRAPHICS_COMMAND:
			status = graphics_command(data, length);
			break;
		case GRAPHICS_READ: {
			UINT32 out_length = 0;
			const BYTE* out = graphics_read(&out_length);
			answer(out ? 0 : -1, out, out_length);
			return;
		}
		default:
			die("an unknown kind of request");
	}
	answer(status, NULL, 0);
}

int main(void)
{
	/* FreeRDP's log goes to standard output, which is ours: it gets standard error instead. */
	const int out = dup(STDOUT_FILENO);
	if (out < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0 || !(answers = fdopen(out, "wb")))
		die("standard output cannot be moved");
	reset(64, 64);
	UINT32 head[8];
	BYTE* data = NULL;
	size_t capacity = 0;
	while (fread(head, sizeof(head), 1, stdin) == 1) {
		/* Room behind the data: some of FreeRDP's readers look a few bytes ahead. */
		if (head[7] + (size_t)64 > capacity) {
			capacity = head[7] + (size_t)64;
			data = made(realloc(data, capacity));
		}
		if (head[7] > 0 && fread(data, head[7], 1, stdin) != 1)
			die("a request is cut off");
		memset(data + head[7], 0, 64);
		serve(head, data);
	}
	free(data);
	return 0;
}
