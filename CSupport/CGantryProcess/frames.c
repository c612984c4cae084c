// Collects the return addresses on a crashed thread's stack, and finds where the program's own code lies.
// Called by the crash handler: nothing here allocates, locks, or touches memory that might not be there; what it
// reads of the stack it copies through the kernel, and what it finds are hints that a reader must judge.
#define _GNU_SOURCE
#include <elf.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "internal.h"

// A stack larger than this is none: a frame pointer that points further away is something else.
#define STACK_SPAN ((uint64_t)1 << 30)
// Where frame pointers lead nowhere, this much above the stack pointer is searched.
#define SCAN_WORDS 512
#define PAGE 4096u

// MARK: The image

static const ElfW(Phdr) *program_headers(size_t *count) {
  *count = (size_t)getauxval(AT_PHNUM);
  // NOLINTNEXTLINE(performance-no-int-to-ptr)
  return (const ElfW(Phdr) *)getauxval(AT_PHDR);
}

void gantry_image_find(gantry_crash_note *note) {
  size_t count;
  const ElfW(Phdr) *headers = program_headers(&count);
  if (headers == NULL) return;
  uint64_t at = (uint64_t)(uintptr_t)headers, base = 0, start = UINT64_MAX, end = 0;
  bool is_known = false;
  for (size_t i = 0; i < count; i += 1) {
    const ElfW(Phdr) *header = &headers[i];
    if (header->p_type == PT_PHDR) base = at - header->p_vaddr, is_known = true;
    // Without a segment for themselves the headers follow the file's own, which the first segment holds.
    if (header->p_type == PT_LOAD && header->p_offset == 0 && !is_known) {
      base = at - sizeof(ElfW(Ehdr)) - header->p_vaddr;
    }
    if (header->p_type == PT_LOAD && (header->p_flags & PF_X) != 0) {
      if (header->p_vaddr < start) start = header->p_vaddr;
      if (header->p_vaddr + header->p_memsz > end) end = header->p_vaddr + header->p_memsz;
    }
  }
  if (end == 0) return;
  note->image_base = base;
  note->code_start = base + start;
  note->code_end = base + end;
}

static bool is_in_image(const gantry_crash_note *note, uint64_t address) {
  return address >= note->code_start && address < note->code_end;
}

// MARK: Reading

/// Copies `bytes` from `from` page by page; returns how many there were before the first that cannot be read.
static size_t read_memory(uint64_t from, void *to, size_t bytes) {
  struct iovec pages[2 + SCAN_WORDS * 8 / PAGE];
  size_t used = 0, planned = 0;
  while (planned < bytes && used < sizeof pages / sizeof pages[0]) {
    uint64_t at = from + planned;
    size_t length = PAGE - (size_t)(at % PAGE);
    if (length > bytes - planned) length = bytes - planned;
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    pages[used] = (struct iovec){(void *)(uintptr_t)at, length};
    used += 1, planned += length;
  }
  struct iovec target = {to, planned};
  long got = syscall(SYS_process_vm_readv, (pid_t)syscall(SYS_getpid), &target, 1ul, pages, used, 0ul);
  return got < 0 ? 0 : (size_t)got;
}

/// Whether `address` is in the program's own code, right behind a call that leaves it for a library.
///
/// A word that an earlier call left on the stack mostly fails this.
static bool follows_call_to_library(const gantry_crash_note *note, uint64_t address) {
  if (!is_in_image(note, address) || address - note->code_start < 8) return false;
#if defined(__x86_64__)
  uint8_t code[6];
  if (read_memory(address - 6, code, sizeof code) != sizeof code) return false;
  if (code[0] == 0xff && code[1] == 0x15) return true;  // through the table of imports
  if (code[1] != 0xe8) return false;
  int32_t distance;
  memcpy(&distance, code + 2, sizeof distance);
  uint8_t stub[7];
  if (read_memory(address + (uint64_t)(int64_t)distance, stub, sizeof stub) != sizeof stub) return false;
  // A linkage stub: jmp *import, after an endbr64 and a bnd prefix where there are such.
  const uint8_t *jump = stub;
  if (memcmp(jump, "\xf3\x0f\x1e\xfa", 4) == 0) jump += 4;
  if (jump[0] == 0xf2) jump += 1;
  return jump[0] == 0xff && jump[1] == 0x25;
#elif defined(__aarch64__)
  uint32_t call, stub;
  if (read_memory(address - 4, &call, sizeof call) != sizeof call || call >> 26 != 0x25) return false;
  int64_t distance = (int64_t)(int32_t)(call << 6) >> 4;
  uint64_t target = address - 4 + (uint64_t)distance;
  // A linkage stub begins with adrp x16, page.
  return read_memory(target, &stub, sizeof stub) == sizeof stub && (stub & 0x9f00001fu) == 0x90000010u;
#else
  return false;
#endif
}

// MARK: Walking

static void add(gantry_crash_note *note, uint64_t address) {
  if (note->frame_count >= GANTRY_CRASH_FRAMES) return;
  note->frames[note->frame_count] = address;
  // In this order, so that a death on the way leaves whole frames only.
  __atomic_store_n(&note->frame_count, note->frame_count + 1, __ATOMIC_RELEASE);
}

/// Follows frame pointers upwards; false: none of the frames was the program's own.
static bool walk_chain(gantry_crash_note *note, const gantry_registers *at) {
  uint64_t frame = at->frame, least = at->stack;
  bool is_ours = false;
  for (int i = 0; i < GANTRY_CRASH_FRAMES; i += 1) {
    // Swift marks the frames of asynchronous functions with this bit.
    frame &= ~((uint64_t)1 << 60);
    uint64_t saved[2];
    if (frame < least || frame - at->stack > STACK_SPAN || frame % sizeof(uint64_t) != 0) break;
    if (read_memory(frame, saved, sizeof saved) != sizeof saved || saved[1] == 0) break;
    add(note, saved[1]);
    is_ours |= is_in_image(note, saved[1]);
    least = frame + sizeof saved;
    frame = saved[0];
  }
  return is_ours;
}

/// The C library keeps no frame pointers: the nearest word that looks like a way back from it into the program.
static void scan(gantry_crash_note *note, const gantry_registers *at) {
  uint64_t words[SCAN_WORDS];
  uint64_t from = at->stack & ~(uint64_t)7;
  size_t count = read_memory(from, words, sizeof words) / sizeof words[0];
  for (size_t i = 0; i < count; i += 1) {
    if (follows_call_to_library(note, words[i])) {
      add(note, words[i]);
      return;
    }
  }
}

void gantry_frames_collect(gantry_crash_note *note, const gantry_registers *at) {
  bool is_outside = !is_in_image(note, at->pc);
  if (is_outside) {
    // A function that has no frame of its own: its return address is where the call put it.
    uint64_t top = at->link;
    if (top == 0 && read_memory(at->stack, &top, sizeof top) != sizeof top) top = 0;
    if (follows_call_to_library(note, top)) add(note, top);
  }
  uint64_t before = note->frame_count;
  bool is_ours = walk_chain(note, at);
  if (is_outside && before == 0 && !is_ours) scan(note, at);
}
