//! Memory shared with the X server. The only unsafe code of this crate.
#![allow(unsafe_code, reason = "mapping memory and System V segments have no safe interface")]

use std::{
    ffi::c_void,
    io,
    os::fd::OwnedFd,
    ptr::{self, NonNull},
    slice,
};

use rustix::{
    fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create},
    mm::{MapFlags, ProtFlags, mmap, munmap},
};

/// A piece of memory that the X server writes into.
///
/// Invariant: `base` points to `len > 0` readable and writable bytes until drop, and nobody can shrink what lies behind them.
///
/// The server has the same bytes mapped and could write at any time. It does so only between a request for an image and its
/// reply, and whoever owns a segment waits for that reply before it reads, and gives the segment up when a reply does not come.
/// That is trust in the X server, which reads every key of this desktop anyway; a server that breaks it can spoil pixels only,
/// because nothing but pixels lies here and any byte is a valid pixel.
#[derive(Debug)]
pub(super) struct Segment {
    base: NonNull<u8>,
    len: usize,
    origin: Origin,
}

#[derive(Debug, PartialEq, Eq)]
enum Origin {
    Memfd,
    SysV,
}

// SAFETY: a mapping belongs to the process, not to a thread; access goes through `&self` and `&mut self` as for a `Vec<u8>`.
unsafe impl Send for Segment {}

impl Segment {
    /// Memory behind a descriptor to hand to the server. Sealed, so that no one can truncate it and make us fault.
    pub(super) fn memfd(len: usize) -> io::Result<(Self, OwnedFd)> {
        let len = len.max(1);
        let fd = memfd_create("rh-capture", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
        ftruncate(&fd, len as u64)?;
        fcntl_add_seals(&fd, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
        // SAFETY: a new mapping at an address of the kernel's choice aliases nothing of ours.
        let base = unsafe { mmap(ptr::null_mut(), len, ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED, &fd, 0)? };
        let base = NonNull::new(base.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok((Self { base, len, origin: Origin::Memfd }, fd))
    }

    /// A System V segment, open to our user only, and its id for the server.
    ///
    /// It outlives every process until its id is dropped, which belongs right after the server has attached.
    pub(super) fn sysv(len: usize) -> io::Result<(Self, SysVId)> {
        let len = len.max(1);
        // SAFETY: no pointers are passed.
        let id = unsafe { libc::shmget(libc::IPC_PRIVATE, len, libc::IPC_CREAT | 0o600) };
        if id < 0 {
            return Err(io::Error::last_os_error());
        }
        let id = SysVId(id);
        // SAFETY: a new mapping at an address of the kernel's choice aliases nothing of ours. If it fails, `id` removes the segment.
        let base = unsafe { libc::shmat(id.0, ptr::null(), 0) };
        if base.addr() == usize::MAX {
            return Err(io::Error::last_os_error());
        }
        let base = NonNull::new(base.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok((Self { base, len, origin: Origin::SysV }, id))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        // SAFETY: the invariant gives `len` initialised bytes (the kernel zeroes them); the type's doc says why nobody writes meanwhile.
        unsafe { slice::from_raw_parts(self.base.as_ptr(), self.len) }
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as for `bytes`, and `&mut self` makes us the only one in this process.
        unsafe { slice::from_raw_parts_mut(self.base.as_ptr(), self.len) }
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        let base: *mut c_void = self.base.as_ptr().cast();
        match self.origin {
            Origin::Memfd => {
                // SAFETY: exactly what `mmap` returned, and no borrow of it outlives `self`. Failure would leave it mapped, which is harmless.
                let _ = unsafe { munmap(base, self.len) };
            }
            Origin::SysV => {
                // SAFETY: exactly what `shmat` returned, and no borrow of it outlives `self`.
                unsafe { libc::shmdt(base) };
            }
        }
    }
}

/// The name of a System V segment. Dropping it removes the name; the memory lives on while somebody has it attached.
#[derive(Debug)]
pub(super) struct SysVId(libc::c_int);

impl SysVId {
    /// The number, as the X server wants it.
    pub(super) fn number(&self) -> u32 {
        self.0.unsigned_abs()
    }
}

impl Drop for SysVId {
    fn drop(&mut self) {
        // SAFETY: the command takes no buffer.
        unsafe { libc::shmctl(self.0, libc::IPC_RMID, ptr::null_mut()) };
    }
}
