/* What the files of the oracle share. */
#ifndef ORACLE_FREERDP_H
#define ORACLE_FREERDP_H

#include <freerdp/types.h>

/* Ends the program: the oracle itself is broken, which is no finding about a codec. */
void die(const char* why);

/* Cuts an RDPGFX_AVC420_BITMAP_STREAM into regions (to be freed) and an access unit; 0, or a negative number. */
int avc420_cut(const BYTE* data, UINT32 length, RECTANGLE_16** rects, UINT32* count, const BYTE** unit, UINT32* unit_length);

/* graphics.c: FreeRDP's own client of the graphics pipeline, without its network. */
void graphics_reset(void);
/* Applies one command with its header; 0, or FreeRDP's refusal. */
int graphics_command(const BYTE* data, UINT32 length);
/* The output as BGRX: width and height (u32 each), then pixels without padding. NULL before GRAPHICS_RESET. */
const BYTE* graphics_read(UINT32* length);

#endif
