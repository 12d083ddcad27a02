/* FreeRDP's own client of the graphics pipeline (libfreerdp's gdi/gfx.c), without a connection.
 *
 * The channel plug-in that would parse the commands cannot be had without a network, so they are cut apart here, by
 * [MS-RDPEGFX] 2.2.2; what they do is FreeRDP's: surfaces, copies, caches, codecs, composition.
 */
#include <stdlib.h>
#include <string.h>

#include <freerdp/channels/rdpgfx.h>
#include <freerdp/client/rdpgfx.h>
#include <freerdp/codecs.h>
#include <freerdp/codec/color.h>
#include <freerdp/freerdp.h>
#include <freerdp/gdi/gdi.h>
#include <freerdp/gdi/gfx.h>
#include <freerdp/update.h>
#include <winpr/synch.h>

#include "freerdp.h"

#define SURFACES 65536
#define SLOTS 25601

static freerdp* instance;
static RdpgfxClientContext* gfx;
static void* surfaces[SURFACES];
static void* slots[SLOTS];

static BOOL yes(rdpContext* context)
{
	(void)context;
	return TRUE;
}

static BOOL resize(rdpContext* context)
{
	return gdi_resize(context->gdi, context->settings->DesktopWidth, context->settings->DesktopHeight);
}

/* The storage that the plug-in would offer. */
static UINT set_surface(RdpgfxClientContext* context, UINT16 id, void* data)
{
	(void)context;
	surfaces[id] = data;
	return CHANNEL_RC_OK;
}

static void* get_surface(RdpgfxClientContext* context, UINT16 id)
{
	(void)context;
	return surfaces[id];
}

static UINT get_ids(RdpgfxClientContext* context, UINT16** ids, UINT16* count)
{
	(void)context;
	*count = 0;
	*ids = calloc(SURFACES, sizeof(UINT16));
	for (UINT32 id = 0; id < SURFACES; id++)
		if (surfaces[id])
			(*ids)[(*count)++] = (UINT16)id;
	return CHANNEL_RC_OK;
}

static UINT set_slot(RdpgfxClientContext* context, UINT16 slot, void* data)
{
	(void)context;
	/* Slots count from 1. */
	if (slot == 0 || slot >= SLOTS)
		return ERROR_INVALID_INDEX;
	slots[slot] = data;
	return CHANNEL_RC_OK;
}

static void* get_slot(RdpgfxClientContext* context, UINT16 slot)
{
	(void)context;
	return slot == 0 || slot >= SLOTS ? NULL : slots[slot];
}

void graphics_reset(void)
{
	if (instance) {
		gdi_graphics_pipeline_uninit(instance->context->gdi, gfx);
		gdi_free(instance);
		freerdp_context_free(instance);
		freerdp_free(instance);
		free(gfx);
		memset(surfaces, 0, sizeof(surfaces));
		memset(slots, 0, sizeof(slots));
	}
	instance = freerdp_new();
	if (!instance)
		die("FreeRDP cannot be made");
	instance->ContextSize = sizeof(rdpContext);
	if (!freerdp_context_new(instance))
		die("FreeRDP's context cannot be made");
	instance->settings->DesktopWidth = 64;
	instance->settings->DesktopHeight = 64;
	instance->settings->ColorDepth = 32;
	if (!(instance->context->codecs = codecs_new(instance->context)) ||
	    !freerdp_client_codecs_prepare(instance->context->codecs, FREERDP_CODEC_ALL, 64, 64))
		die("FreeRDP's codecs cannot be made");
	if (!gdi_init(instance, PIXEL_FORMAT_BGRX32))
		die("FreeRDP's picture cannot be made");
	instance->update->DesktopResize = resize;
	instance->update->BeginPaint = yes;
	instance->update->EndPaint = yes;
	gfx = calloc(1, sizeof(*gfx));
	if (!gfx)
		die("out of memory");
	InitializeCriticalSection(&gfx->mux);
	gfx->SetSurfaceData = set_surface;
	gfx->GetSurfaceData = get_surface;
	gfx->GetSurfaceIds = get_ids;
	gfx->SetCacheSlotData = set_slot;
	gfx->GetCacheSlotData = get_slot;
	if (!gdi_graphics_pipeline_init(instance->context->gdi, gfx))
		die("FreeRDP's pipeline cannot be made");
}

/* A cursor over one command; what lies behind its end reads as zero and spoils it. */
struct cursor {
	const BYTE* at;
	UINT32 left;
	BOOL spoilt;
};

static UINT64 take(struct cursor* in, unsigned bytes)
{
	UINT64 value = 0;
	if (in->left < bytes) {
		in->spoilt = TRUE;
		in->left = 0;
		return 0;
	}
	for (unsigned i = 0; i < bytes; i++)
		value |= (UINT64)in->at[i] << (8 * i);
	in->at += bytes;
	in->left -= bytes;
	return value;
}

static RECTANGLE_16 take_rect(struct cursor* in)
{
	RECTANGLE_16 rect;
	rect.left = (UINT16)take(in, 2);
	rect.top = (UINT16)take(in, 2);
	rect.right = (UINT16)take(in, 2);
	rect.bottom = (UINT16)take(in, 2);
	return rect;
}

static RDPGFX_POINT16* take_points(struct cursor* in, UINT16* count)
{
	*count = (UINT16)take(in, 2);
	RDPGFX_POINT16* points = calloc((size_t)*count + 1, sizeof(*points));
	for (UINT16 i = 0; i < *count; i++) {
		points[i].x = (UINT16)take(in, 2);
		points[i].y = (UINT16)take(in, 2);
	}
	return points;
}

static UINT32 colour_format(UINT64 code)
{
	return code == GFX_PIXEL_FORMAT_ARGB_8888 ? PIXEL_FORMAT_BGRA32 : PIXEL_FORMAT_BGRX32;
}

static UINT paint(RDPGFX_SURFACE_COMMAND* command)
{
	RDPGFX_AVC420_BITMAP_STREAM avc420 = { 0 };
	RDPGFX_AVC444_BITMAP_STREAM avc444 = { 0 };
	UINT32 first;
	int cut = 0;
	if (command->codecId == RDPGFX_CODECID_AVC420) {
		cut = avc420_cut(command->data, command->length, &avc420.meta.regionRects, &avc420.meta.numRegionRects,
		                 (const BYTE**)&avc420.data, &avc420.length);
		command->extra = &avc420;
	} else if (command->codecId == RDPGFX_CODECID_AVC444 || command->codecId == RDPGFX_CODECID_AVC444v2) {
		if (command->length < 4)
			return ERROR_INVALID_DATA;
		memcpy(&first, command->data, 4);
		avc444.LC = (BYTE)(first >> 30);
		avc444.cbAvc420EncodedBitstream1 = first & 0x3fffffff;
		const UINT32 rest = command->length - 4, main_length = avc444.LC == 0 ? avc444.cbAvc420EncodedBitstream1 : rest;
		if (main_length > rest)
			return ERROR_INVALID_DATA;
		RDPGFX_AVC420_BITMAP_STREAM* views = avc444.bitstream;
		cut = avc420_cut(command->data + 4, main_length, &views[0].meta.regionRects, &views[0].meta.numRegionRects,
		                 (const BYTE**)&views[0].data, &views[0].length);
		if (cut == 0 && avc444.LC == 0)
			cut = avc420_cut(command->data + 4 + main_length, rest - main_length, &views[1].meta.regionRects,
			                 &views[1].meta.numRegionRects, (const BYTE**)&views[1].data, &views[1].length);
		command->extra = &avc444;
	}
	const UINT status = cut == 0 ? gfx->SurfaceCommand(gfx, command) : ERROR_INVALID_DATA;
	free(avc420.meta.regionRects);
	free(avc444.bitstream[0].meta.regionRects);
	free(avc444.bitstream[1].meta.regionRects);
	return status;
}

static UINT wire_to_surface(struct cursor* in, BOOL second)
{
	RDPGFX_SURFACE_COMMAND command = { 0 };
	command.surfaceId = (UINT32)take(in, 2);
	command.codecId = (UINT32)take(in, 2);
	if (second)
		command.contextId = (UINT32)take(in, 4);
	command.format = colour_format(take(in, 1));
	if (!second) {
		const RECTANGLE_16 rect = take_rect(in);
		command.left = rect.left;
		command.top = rect.top;
		command.right = rect.right;
		command.bottom = rect.bottom;
		command.width = command.right - command.left;
		command.height = command.bottom - command.top;
	}
	command.length = (UINT32)take(in, 4);
	if (in->spoilt || command.length > in->left)
		return ERROR_INVALID_DATA;
	command.data = (BYTE*)in->at;
	return paint(&command);
}

static UINT solid_fill(struct cursor* in)
{
	RDPGFX_SOLID_FILL_PDU pdu = { 0 };
	pdu.surfaceId = (UINT16)take(in, 2);
	pdu.fillPixel.B = (BYTE)take(in, 1);
	pdu.fillPixel.G = (BYTE)take(in, 1);
	pdu.fillPixel.R = (BYTE)take(in, 1);
	pdu.fillPixel.XA = (BYTE)take(in, 1);
	pdu.fillRectCount = (UINT16)take(in, 2);
	pdu.fillRects = calloc((size_t)pdu.fillRectCount + 1, sizeof(RECTANGLE_16));
	for (UINT16 i = 0; i < pdu.fillRectCount; i++)
		pdu.fillRects[i] = take_rect(in);
	const UINT status = in->spoilt ? ERROR_INVALID_DATA : gfx->SolidFill(gfx, &pdu);
	free(pdu.fillRects);
	return status;
}

static UINT surface_to_surface(struct cursor* in)
{
	RDPGFX_SURFACE_TO_SURFACE_PDU pdu = { 0 };
	pdu.surfaceIdSrc = (UINT16)take(in, 2);
	pdu.surfaceIdDest = (UINT16)take(in, 2);
	pdu.rectSrc = take_rect(in);
	pdu.destPts = take_points(in, &pdu.destPtsCount);
	const UINT status = in->spoilt ? ERROR_INVALID_DATA : gfx->SurfaceToSurface(gfx, &pdu);
	free(pdu.destPts);
	return status;
}

static UINT surface_to_cache(struct cursor* in)
{
	RDPGFX_SURFACE_TO_CACHE_PDU pdu = { 0 };
	pdu.surfaceId = (UINT16)take(in, 2);
	pdu.cacheKey = take(in, 8);
	pdu.cacheSlot = (UINT16)take(in, 2);
	pdu.rectSrc = take_rect(in);
	return in->spoilt ? ERROR_INVALID_DATA : gfx->SurfaceToCache(gfx, &pdu);
}

static UINT cache_to_surface(struct cursor* in)
{
	RDPGFX_CACHE_TO_SURFACE_PDU pdu = { 0 };
	pdu.cacheSlot = (UINT16)take(in, 2);
	pdu.surfaceId = (UINT16)take(in, 2);
	pdu.destPts = take_points(in, &pdu.destPtsCount);
	const UINT status = in->spoilt ? ERROR_INVALID_DATA : gfx->CacheToSurface(gfx, &pdu);
	free(pdu.destPts);
	return status;
}

static UINT create_surface(struct cursor* in)
{
	RDPGFX_CREATE_SURFACE_PDU pdu = { 0 };
	pdu.surfaceId = (UINT16)take(in, 2);
	pdu.width = (UINT16)take(in, 2);
	pdu.height = (UINT16)take(in, 2);
	pdu.pixelFormat = (BYTE)take(in, 1);
	return in->spoilt ? ERROR_INVALID_DATA : gfx->CreateSurface(gfx, &pdu);
}

static UINT reset_graphics(struct cursor* in)
{
	RDPGFX_RESET_GRAPHICS_PDU pdu = { 0 };
	pdu.width = (UINT32)take(in, 4);
	pdu.height = (UINT32)take(in, 4);
	pdu.monitorCount = (UINT32)take(in, 4);
	if (in->spoilt || pdu.monitorCount > 16)
		return ERROR_INVALID_DATA;
	MONITOR_DEF monitors[16] = { 0 };
	for (UINT32 i = 0; i < pdu.monitorCount; i++) {
		monitors[i].left = (INT32)take(in, 4);
		monitors[i].top = (INT32)take(in, 4);
		monitors[i].right = (INT32)take(in, 4);
		monitors[i].bottom = (INT32)take(in, 4);
		monitors[i].flags = (UINT32)take(in, 4);
	}
	pdu.monitorDefArray = monitors;
	return in->spoilt ? ERROR_INVALID_DATA : gfx->ResetGraphics(gfx, &pdu);
}

static UINT map_to_output(struct cursor* in, BOOL scaled)
{
	RDPGFX_MAP_SURFACE_TO_SCALED_OUTPUT_PDU pdu = { 0 };
	pdu.surfaceId = (UINT16)take(in, 2);
	pdu.reserved = (UINT16)take(in, 2);
	pdu.outputOriginX = (UINT32)take(in, 4);
	pdu.outputOriginY = (UINT32)take(in, 4);
	if (scaled) {
		pdu.targetWidth = (UINT32)take(in, 4);
		pdu.targetHeight = (UINT32)take(in, 4);
		return in->spoilt ? ERROR_INVALID_DATA : gfx->MapSurfaceToScaledOutput(gfx, &pdu);
	}
	const RDPGFX_MAP_SURFACE_TO_OUTPUT_PDU plain = { pdu.surfaceId, pdu.reserved, pdu.outputOriginX, pdu.outputOriginY };
	return in->spoilt ? ERROR_INVALID_DATA : gfx->MapSurfaceToOutput(gfx, &plain);
}

static UINT apply(UINT16 command, struct cursor* in)
{
	switch (command) {
		case RDPGFX_CMDID_WIRETOSURFACE_1:
			return wire_to_surface(in, FALSE);
		case RDPGFX_CMDID_WIRETOSURFACE_2:
			return wire_to_surface(in, TRUE);
		case RDPGFX_CMDID_DELETEENCODINGCONTEXT: {
			RDPGFX_DELETE_ENCODING_CONTEXT_PDU pdu = { 0 };
			pdu.surfaceId = (UINT16)take(in, 2);
			pdu.codecContextId = (UINT32)take(in, 4);
			return in->spoilt ? ERROR_INVALID_DATA : gfx->DeleteEncodingContext(gfx, &pdu);
		}
		case RDPGFX_CMDID_SOLIDFILL:
			return solid_fill(in);
		case RDPGFX_CMDID_SURFACETOSURFACE:
			return surface_to_surface(in);
		case RDPGFX_CMDID_SURFACETOCACHE:
			return surface_to_cache(in);
		case RDPGFX_CMDID_CACHETOSURFACE:
			return cache_to_surface(in);
		case RDPGFX_CMDID_EVICTCACHEENTRY: {
			const RDPGFX_EVICT_CACHE_ENTRY_PDU pdu = { (UINT16)take(in, 2) };
			return in->spoilt ? ERROR_INVALID_DATA : gfx->EvictCacheEntry(gfx, &pdu);
		}
		case RDPGFX_CMDID_CREATESURFACE:
			return create_surface(in);
		case RDPGFX_CMDID_DELETESURFACE: {
			const RDPGFX_DELETE_SURFACE_PDU pdu = { (UINT16)take(in, 2) };
			return in->spoilt ? ERROR_INVALID_DATA : gfx->DeleteSurface(gfx, &pdu);
		}
		case RDPGFX_CMDID_STARTFRAME: {
			RDPGFX_START_FRAME_PDU pdu = { 0 };
			pdu.timestamp = (UINT32)take(in, 4);
			pdu.frameId = (UINT32)take(in, 4);
			return in->spoilt ? ERROR_INVALID_DATA : gfx->StartFrame(gfx, &pdu);
		}
		case RDPGFX_CMDID_ENDFRAME: {
			const RDPGFX_END_FRAME_PDU pdu = { (UINT32)take(in, 4) };
			return in->spoilt ? ERROR_INVALID_DATA : gfx->EndFrame(gfx, &pdu);
		}
		case RDPGFX_CMDID_RESETGRAPHICS:
			return reset_graphics(in);
		case RDPGFX_CMDID_MAPSURFACETOOUTPUT:
			return map_to_output(in, FALSE);
		case RDPGFX_CMDID_MAPSURFACETOSCALEDOUTPUT:
			return map_to_output(in, TRUE);
		case RDPGFX_CMDID_CAPSCONFIRM:
			return CHANNEL_RC_OK;
		default:
			return ERROR_INVALID_DATA;
	}
}

int graphics_command(const BYTE* data, UINT32 length)
{
	struct cursor in = { data, length, FALSE };
	const UINT16 command = (UINT16)take(&in, 2);
	take(&in, 2);
	if (!instance || take(&in, 4) != length)
		return -1001;
	const UINT status = apply(command, &in);
	return status == CHANNEL_RC_OK ? 0 : (int)status;
}

const BYTE* graphics_read(UINT32* length)
{
	static BYTE* out;
	if (!instance)
		return NULL;
	const rdpGdi* gdi = instance->context->gdi;
	const UINT32 width = (UINT32)gdi->width, height = (UINT32)gdi->height;
	free(out);
	*length = 8 + width * height * 4;
	out = malloc(*length);
	if (!out)
		die("out of memory");
	memcpy(out, &width, 4);
	memcpy(out + 4, &height, 4);
	for (UINT32 y = 0; y < height; y++)
		memcpy(out + 8 + (size_t)y * width * 4, gdi->primary_buffer + (size_t)y * gdi->stride, (size_t)width * 4);
	return out;
}
