// One shared memory object and its mapping, owned: closed and unmapped with its owner.
// The driver makes them; a container attaches to the descriptors it was handed.

internal import CGantryRing

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// Why shared memory could not be had.
package struct SharedMemoryError: Error, CustomStringConvertible {
  package let operation: String
  package let bytes: UInt64
  package let errno: Int32

  package var description: String {
    let reason = String(cString: strerror(errno))
    let way =
      switch errno {
      case ENOSPC: " Free some of /dev/shm, give the container more of it, or lower Configuration.ringBytes."
      case ENOMEM:
        " Free some memory, lower Configuration.ringBytes, send smaller inputs, or raise the limit on address space (ulimit -v)."
      case ENOENT:
        " It is made in /dev/shm, or through /proc, and this process sees neither: mount one of them where it looks."
      case EFBIG: " Raise the limit on the size of files (ulimit -f), which shared memory counts as."
      case EMFILE, ENFILE: " Raise the limit of open files (ulimit -n), or lower maxContainers."
      default: ""
      }
    return "Shared memory: \(operation) of \(bytes) bytes failed: \(reason).\(way)"
  }
}

/// Turns a C result into a thrown error.
func check(_ result: Int32, _ operation: String, _ bytes: UInt64) throws(SharedMemoryError) {
  if result < 0 { throw SharedMemoryError(operation: operation, bytes: bytes, errno: -result) }
}

/// The two descriptors of an object: one that can write, one that never can.
package struct SharedMemory: ~Copyable {
  private var memory: gantry_memory
  package let bytes: UInt64

  /// Makes an object; `reserved` bytes of it are backed by pages at once.
  package init(bytes: UInt64, reserved: UInt64, anonymous: Bool) throws(SharedMemoryError) {
    var memory = gantry_memory()
    try check(gantry_memory_create(bytes, anonymous, &memory), "creation", bytes)
    let failure = reserved > 0 ? gantry_memory_reserve(memory.writable, 0, reserved) : 0
    guard failure == 0 else {
      close(memory.writable)
      close(memory.readable)
      throw SharedMemoryError(operation: "reservation", bytes: reserved, errno: -failure)
    }
    self.memory = memory
    self.bytes = bytes
  }

  deinit {
    if memory.writable >= 0 { close(memory.writable) }
    if memory.readable >= 0 { close(memory.readable) }
  }

  /// Closes both descriptors early: mappings need none.
  package mutating func closeDescriptors() {
    close(memory.writable)
    close(memory.readable)
    memory.writable = -1
    memory.readable = -1
  }

  package var writable: Int32 { memory.writable }
  package var readable: Int32 { memory.readable }

  package func reserve(offset: UInt64, bytes: UInt64) throws(SharedMemoryError) {
    try check(gantry_memory_reserve(memory.writable, offset, bytes), "reservation", bytes)
  }

  package func punch(offset: UInt64, bytes: UInt64) {
    // Failing to give pages back costs memory, not correctness.
    _ = gantry_memory_punch(memory.writable, offset, bytes)
  }

  /// Forbids resizing and, where the object can be sealed, writable mappings made from now on.
  package func seal(futureWrites: Bool) throws(SharedMemoryError) {
    var copy = memory
    try check(gantry_memory_seal(&copy, futureWrites), "sealing", bytes)
  }
}

/// A mapping, unmapped with its owner.
package struct Mapping: ~Copyable {
  package let base: UnsafeMutableRawPointer
  package let bytes: UInt64

  package init(_ fd: Int32, bytes: UInt64, writable: Bool, forked: Bool) throws(SharedMemoryError) {
    var base: UnsafeMutableRawPointer?
    try check(gantry_memory_map(fd, bytes, writable, forked, &base), "mapping", bytes)
    guard let base else { throw SharedMemoryError(operation: "mapping", bytes: bytes, errno: EFAULT) }
    self.base = base
    self.bytes = bytes
  }

  /// A page and a ring that is mapped twice in a row behind it.
  package init(ring fd: Int32, ringBytes: UInt64, writable: Bool, forked: Bool) throws(SharedMemoryError) {
    var base: UnsafeMutableRawPointer?
    let span = gantry_memory_ring_span(ringBytes)
    try check(gantry_memory_map_ring(fd, ringBytes, writable, forked, &base), "mapping", span)
    guard let base else { throw SharedMemoryError(operation: "mapping", bytes: span, errno: EFAULT) }
    self.base = base
    self.bytes = span
  }

  deinit { _ = gantry_memory_unmap(base, bytes) }
}

/// The most bytes an object of this process may have.
func sharedMemoryLimit() -> UInt64 { gantry_memory_most() }
/// The most bytes this process may map.
func addressSpaceLimit() -> UInt64 { gantry_memory_address_space() }

func closeDescriptor(_ fd: Int32) { close(fd) }

/// The errno of an address space that is used up.
let noMemory = ENOMEM
/// The errno of a mapping that is none.
let badAddress = EFAULT
