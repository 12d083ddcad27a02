/* zstd over the pixels of the tiles that differ: a frame of its own for each picture, or one stream for the whole session (window 2^24). */
#include "peer.h"

#include <stdlib.h>
#include <string.h>

#include <zstd.h>

enum { LEVEL = 3, WINDOW_LOG = 24 };

static ZSTD_CCtx *compressor;
static ZSTD_DCtx *decompressor;
static uint8_t *gathered;
static int one_stream;

static int open_contexts(const struct frame *frame, int stream)
{
	one_stream = stream;
	compressor = ZSTD_createCCtx();
	decompressor = ZSTD_createDCtx();
	gathered = malloc(frame->size);
	if (!compressor || !decompressor || !gathered)
		return -1;
	if (stream && ZSTD_isError(ZSTD_CCtx_setParameter(compressor, ZSTD_c_windowLog, WINDOW_LOG)))
		return -1;
	return ZSTD_isError(ZSTD_CCtx_setParameter(compressor, ZSTD_c_compressionLevel, LEVEL)) ? -1 : 0;
}

/* What tells which tiles there are: a bit each, and a length. */
static size_t side_bytes(const struct frame *frame)
{
	return (size_t)frame->tile_count / 8 + 8;
}

/* Copies the tiles' rows between the picture and `gathered`; returns their bytes. */
static size_t move_tiles(const struct frame *frame, const uint8_t *from, uint8_t *to)
{
	size_t at = 0;
	for (int n = 0; n < frame->tile_count; n++) {
		const struct area *tile = &frame->tiles[n];
		for (int row = 0; row < tile->h; row++) {
			const size_t there = offset(frame, tile) + (size_t)row * frame->width * 4, len = (size_t)tile->w * 4;
			if (to)
				memcpy(to + there, gathered + at, len);
			else
				memcpy(gathered + at, from + there, len);
			at += len;
		}
	}
	return at;
}

static long encode(const struct frame *frame, struct output *output)
{
	const size_t len = move_tiles(frame, frame->pixels, NULL);
	if (!one_stream) {
		const size_t size = ZSTD_compress2(compressor, output->bytes, output->capacity, gathered, len);
		return ZSTD_isError(size) ? -1 : (long)(size + side_bytes(frame));
	}
	ZSTD_inBuffer in = { gathered, len, 0 };
	ZSTD_outBuffer out = { output->bytes, output->capacity, 0 };
	for (size_t left = 1; left;) {
		left = ZSTD_compressStream2(compressor, &out, &in, ZSTD_e_flush);
		if (ZSTD_isError(left) || out.pos == out.size)
			return -1;
	}
	return (long)(out.pos + side_bytes(frame));
}

static int decode(const struct frame *frame, struct output *output, size_t bytes)
{
	const size_t len = bytes - side_bytes(frame);
	if (!one_stream) {
		if (ZSTD_isError(ZSTD_decompressDCtx(decompressor, gathered, frame->size, output->bytes, len)))
			return -1;
	} else {
		ZSTD_inBuffer in = { output->bytes, len, 0 };
		ZSTD_outBuffer out = { gathered, frame->size, 0 };
		while (in.pos < in.size)
			if (ZSTD_isError(ZSTD_decompressStream(decompressor, &out, &in)))
				return -1;
	}
	move_tiles(frame, NULL, output->picture);
	return 0;
}

const struct peer peers[] = {
	{ "zstd-3", open_contexts, encode, decode, 0 },
	{ "zstd-3-stream", open_contexts, encode, decode, 1 },
	{ 0 },
};
