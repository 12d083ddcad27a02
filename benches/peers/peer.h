/* What the programs here share. Each wraps one library; `main.c` reads frames, times the library, and hands back what a viewer would see. */
#ifndef PEER_H
#define PEER_H

#include <stddef.h>
#include <stdint.h>

/* A rectangle of pixels. */
struct area {
	int x, y, w, h;
};

/* The frame at hand, and where it differs from the one before, on a grid of 64x64. Rows have no padding; four bytes a pixel: blue, green, red, 255. */
struct frame {
	int width, height;
	double fps;
	const uint8_t *pixels;
	size_t size;
	/* Tiles that differ, row by row. */
	struct area *tiles;
	int tile_count;
	/* The same, those side by side joined. */
	struct area *runs;
	int run_count;
};

/* What an encoder may fill, and the picture that its decoder changes. */
struct output {
	uint8_t *bytes;
	size_t capacity;
	uint8_t *picture;
};

/* A codec under one of its settings. Functions return less than 0 for failure; `encode` returns the bytes that cross the wire. */
struct peer {
	const char *name;
	int (*open)(const struct frame *, int setting);
	long (*encode)(const struct frame *, struct output *);
	int (*decode)(const struct frame *, struct output *, size_t bytes);
	int setting;
};

/* Ended by an entry without a name; each program brings its own. */
extern const struct peer peers[];

/* A rectangle's first pixel in a picture of the frame's width. */
static inline size_t offset(const struct frame *frame, const struct area *area)
{
	return ((size_t)area->y * frame->width + area->x) * 4;
}

#endif
