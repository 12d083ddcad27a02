/*
 * usage: PROGRAM PEER WIDTH HEIGHT FPS < frames > results
 *
 * Frames are BGRA without padding, only those that differ from the one before. For each, the result is three numbers of 64 bits in the machine's order
 * (bytes on the wire; nanoseconds of processor time to encode, and to decode) and the decoded picture, as large as the frame.
 * The time to encode includes finding the tiles that differ; the time to decode includes the way back to BGRA.
 * Exit code: 0 at the end of the frames, 1 with a sentence on standard error.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "peer.h"

enum { TILE = 64 };

static int fail(const char *peer, const char *what)
{
	fprintf(stderr, "%s: %s\n", peer, what);
	return 1;
}

static uint64_t processor_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int differs(const struct frame *frame, const uint8_t *before, const struct area *tile)
{
	for (int row = 0; row < tile->h; row++) {
		const struct area line = { tile->x, tile->y + row, tile->w, 1 };
		const size_t at = offset(frame, &line);
		if (memcmp(frame->pixels + at, before + at, (size_t)tile->w * 4) != 0)
			return 1;
	}
	return 0;
}

/* Everything differs from no frame at all. */
static void find_damage(struct frame *frame, const uint8_t *before)
{
	frame->tile_count = frame->run_count = 0;
	for (int y = 0; y < frame->height; y += TILE) {
		int joined = 0;
		for (int x = 0; x < frame->width; x += TILE) {
			const struct area tile = { x, y, frame->width - x < TILE ? frame->width - x : TILE,
						   frame->height - y < TILE ? frame->height - y : TILE };
			if (before && !differs(frame, before, &tile)) {
				joined = 0;
				continue;
			}
			frame->tiles[frame->tile_count++] = tile;
			if (joined)
				frame->runs[frame->run_count - 1].w += tile.w;
			else
				frame->runs[frame->run_count++] = tile;
			joined = 1;
		}
	}
}

int main(int count, char **words)
{
	if (count != 5)
		return fail(words[0], "usage: PROGRAM PEER WIDTH HEIGHT FPS");
	const struct peer *peer = peers;
	while (peer->name && strcmp(peer->name, words[1]) != 0)
		peer++;
	if (!peer->name)
		return fail(words[1], "not in this program");

	struct frame frame = { .width = atoi(words[2]), .height = atoi(words[3]), .fps = atof(words[4]) };
	if (frame.width < 1 || frame.height < 1 || frame.width > 16384 || frame.height > 16384 || frame.fps < 1)
		return fail(peer->name, "a frame has 1 to 16384 columns and rows, and at least one comes a second");
	frame.size = (size_t)frame.width * frame.height * 4;
	const size_t tiles = (size_t)((frame.width + TILE - 1) / TILE) * ((frame.height + TILE - 1) / TILE);
	frame.tiles = calloc(tiles, sizeof *frame.tiles);
	frame.runs = calloc(tiles, sizeof *frame.runs);
	uint8_t *now = aligned_alloc(64, (frame.size + 63) / 64 * 64);
	uint8_t *before = aligned_alloc(64, (frame.size + 63) / 64 * 64);
	struct output output = { .capacity = frame.size * 2 + 65536 };
	output.bytes = malloc(output.capacity);
	output.picture = aligned_alloc(64, (frame.size + 63) / 64 * 64);
	if (!frame.tiles || !frame.runs || !now || !before || !output.bytes || !output.picture)
		return fail(peer->name, "out of memory");
	memset(output.picture, 0, frame.size);
	if (peer->open(&frame, peer->setting) < 0)
		return fail(peer->name, "the library refuses these frames");

	for (int number = 0; fread(now, 1, frame.size, stdin) == frame.size; number++) {
		frame.pixels = now;
		const uint64_t start = processor_ns();
		find_damage(&frame, number ? before : NULL);
		const long bytes = peer->encode(&frame, &output);
		const uint64_t encoded = processor_ns();
		if (bytes < 0)
			return fail(peer->name, "encoding failed");
		if (peer->decode(&frame, &output, (size_t)bytes) < 0)
			return fail(peer->name, "decoding failed");
		const uint64_t result[] = { (uint64_t)bytes, encoded - start, processor_ns() - encoded };
		if (fwrite(result, sizeof result, 1, stdout) != 1 || fwrite(output.picture, frame.size, 1, stdout) != 1 || fflush(stdout) != 0)
			return fail(peer->name, "nobody reads the results");
		uint8_t *const last = before;
		before = now;
		now = last;
	}
	return 0;
}
