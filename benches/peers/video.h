/* For the video codecs: BGRA to YUV and back (libyuv, BT.601 in studio range), and decoding by libavcodec. */
#ifndef VIDEO_H
#define VIDEO_H

#include "peer.h"

struct planes {
	uint8_t *y, *u, *v;
	int stride, chroma_stride;
	/* Whether chroma is whole (4:4:4), not halved in both directions (4:2:0). */
	int whole;
	/* Frames encoded so far. */
	int64_t number;
};

extern struct planes planes;

/* Makes room for a frame, and a decoder of this name. */
int video_open(const struct frame *frame, int whole, const char *decoder);
/* Fills the planes. */
void video_planes(const struct frame *frame);
int video_decode(const struct frame *frame, struct output *output, size_t bytes);

#endif
