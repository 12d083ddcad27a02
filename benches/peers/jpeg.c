/* JPEG by libjpeg-turbo, quality 80: a picture for each run of tiles that differ, behind 8 bytes that say where. */
#include "peer.h"

#include <stdlib.h>

#include <turbojpeg.h>

enum { QUALITY = 80, PLACE = 8 };

static tjhandle compressor, decompressor;
static unsigned long *sizes;
static int subsampling;

static int open_contexts(const struct frame *frame, int setting)
{
	subsampling = setting;
	compressor = tjInitCompress();
	decompressor = tjInitDecompress();
	sizes = calloc((size_t)frame->width * frame->height / 64 + 64, sizeof *sizes);
	return compressor && decompressor && sizes ? 0 : -1;
}

static long encode(const struct frame *frame, struct output *output)
{
	size_t at = 0;
	for (int n = 0; n < frame->run_count; n++) {
		const struct area *run = &frame->runs[n];
		unsigned char *to = output->bytes + at;
		sizes[n] = output->capacity - at;
		if (tjBufSize(run->w, run->h, subsampling) > sizes[n] ||
		    tjCompress2(compressor, frame->pixels + offset(frame, run), run->w, frame->width * 4, run->h, TJPF_BGRX, &to, &sizes[n], subsampling, QUALITY,
				TJFLAG_NOREALLOC | TJFLAG_FASTDCT))
			return -1;
		at += sizes[n];
	}
	return (long)(at + (size_t)frame->run_count * PLACE);
}

static int decode(const struct frame *frame, struct output *output, size_t bytes)
{
	(void)bytes;
	const uint8_t *from = output->bytes;
	for (int n = 0; n < frame->run_count; from += sizes[n++]) {
		const struct area *run = &frame->runs[n];
		if (tjDecompress2(decompressor, from, sizes[n], output->picture + offset(frame, run), run->w, frame->width * 4, run->h, TJPF_BGRX, TJFLAG_FASTDCT))
			return -1;
	}
	return 0;
}

const struct peer peers[] = {
	{ "jpeg-80", open_contexts, encode, decode, TJSAMP_420 },
	{ "jpeg-80-444", open_contexts, encode, decode, TJSAMP_444 },
	{ 0 },
};
