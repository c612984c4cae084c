// Shared memory objects of both kinds: who can write them, when they end, and what is said when there are
// none.

import CGantryRing
import Testing

@testable import GantryLanes

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

struct SharedMemoryTests {
  @Test(arguments: [true, false]) func oneSideWritesAndTheOtherReads(anonymous: Bool) throws {
    let memory = try SharedMemory(bytes: 8_192, reserved: 4_096, anonymous: anonymous)
    let writer = try Mapping(memory.writable, bytes: 8_192, writable: true, forked: false)
    let reader = try Mapping(memory.readable, bytes: 8_192, writable: false, forked: true)
    writer.base.storeBytes(of: 0xfeed, toByteOffset: 4_096, as: UInt64.self)
    #expect(reader.base.load(fromByteOffset: 4_096, as: UInt64.self) == 0xfeed)
    #expect(residentBytes(memory.readable) == 8_192)
  }

  @Test(arguments: [true, false]) func theReadersDescriptorNeverWrites(anonymous: Bool) throws {
    let memory = try SharedMemory(bytes: 4_096, reserved: 0, anonymous: anonymous)
    #expect(throws: SharedMemoryError.self) {
      _ = try Mapping(memory.readable, bytes: 4_096, writable: true, forked: false)
    }
    let reader = try Mapping(memory.readable, bytes: 4_096, writable: false, forked: false)
    #expect(mprotect(reader.base, 4_096, PROT_READ | PROT_WRITE) == -1 && errno == EACCES)
    #expect(write(memory.readable, "x", 1) == -1)
    #expect(ftruncate(memory.readable, 0) == -1)
  }

  @Test func aSealedObjectKeepsItsSizeAndItsWriter() throws {
    let memory = try SharedMemory(bytes: 4_096, reserved: 0, anonymous: true)
    let writer = try Mapping(memory.writable, bytes: 4_096, writable: true, forked: false)
    try memory.seal(futureWrites: true)
    #expect(ftruncate(memory.writable, 0) == -1)
    #expect(ftruncate(memory.writable, 8_192) == -1)
    #expect(throws: SharedMemoryError.self) {
      _ = try Mapping(memory.writable, bytes: 4_096, writable: true, forked: false)
    }
    writer.base.storeBytes(of: 9, as: UInt8.self)
    #expect(writer.base.load(as: UInt8.self) == 9, "the mapping made before still writes")
  }

  @Test(arguments: [true, false]) func theRingIsMappedTwiceInARow(anonymous: Bool) throws {
    for ringBytes in [4_096, 65_536] as [UInt64] {
      let memory = try SharedMemory(
        bytes: 4_096 + ringBytes, reserved: 4_096 + ringBytes, anonymous: anonymous)
      let writer = try Mapping(ring: memory.writable, ringBytes: ringBytes, writable: true, forked: false)
      let reader = try Mapping(ring: memory.readable, ringBytes: ringBytes, writable: false, forked: false)
      let ring = Int(ringBytes)
      #expect(writer.bytes == 4_096 + 2 * ringBytes)
      for offset in stride(from: 0, to: ring, by: 8) {
        writer.base.storeBytes(of: UInt64(offset), toByteOffset: 4_096 + offset, as: UInt64.self)
      }
      let first = UnsafeRawBufferPointer(start: reader.base + 4_096, count: ring)
      let second = UnsafeRawBufferPointer(start: reader.base + 4_096 + ring, count: ring)
      #expect(first.elementsEqual(second))
      // A store across the seam lands at the end and at the beginning.
      writer.base.storeBytes(of: 0x1122_3344_5566_7788, toByteOffset: 4_096 + ring - 4, as: UInt64.self)
      #expect(first.loadUnaligned(fromByteOffset: 0, as: UInt32.self) == 0x1122_3344)
      #expect(first.loadUnaligned(fromByteOffset: ring - 4, as: UInt32.self) == 0x5566_7788)
      #expect(reader.base.load(as: UInt64.self) == 0, "the page before is another")
    }
  }

  @Test func noNameIsLeftInTheFileSystem() throws {
    let memory = try SharedMemory(bytes: 4_096, reserved: 4_096, anonymous: false)
    var info = stat()
    #expect(fstat(memory.writable, &info) == 0)
    #expect(info.st_nlink == 0)
    #expect(fcntl(memory.writable, F_GETFD) & FD_CLOEXEC != 0)
    #expect(fcntl(memory.readable, F_GETFD) & FD_CLOEXEC != 0)
  }

  @Test(.enabled(if: freeSharedMemory() > 0, "There is no /dev/shm here."))
  func tooMuchIsRefusedInASentenceWithAWayOut() throws {
    let bytes: UInt64 = 1 << 50
    let error = #expect(throws: SharedMemoryError.self) {
      _ = try SharedMemory(bytes: bytes, reserved: bytes, anonymous: false)
    }
    let text = try #require(error).description
    #expect(text.contains("\(bytes)") && text.contains("No space left on device"))
    #expect(text.contains("Free some of /dev/shm") && text.contains("ringBytes"))
  }

  @Test(arguments: [ENOSPC, ENOMEM, EMFILE, ENFILE, EINVAL, EACCES])
  func everyErrorIsASentence(number: Int32) {
    let error = SharedMemoryError(operation: "mapping", bytes: 4_711, errno: number)
    let text = "\(error)"
    #expect(text.hasPrefix("Shared memory: mapping of 4711 bytes failed: "))
    #expect(text.contains(String(cString: strerror(number))))
    #expect(text.hasSuffix("."))
    let sentences = text.split(separator: ". ").count
    #expect(sentences == ([EINVAL, EACCES].contains(number) ? 1 : 2), "what can be helped says how")
  }
}
