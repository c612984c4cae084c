// The memory of a container that writes whatever the script says, honest words as well as impossible ones: on the heap,
// where AddressSanitizer knows of every byte that is read beside it.

import CGantryRing
import GantryLanes

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// A container's page, and behind it its ring twice in a row, as a lane maps it.
final class WildMemory {
  static let ring = 4096
  private static let page = Int(GANTRY_PAGE)

  let base = UnsafeMutableRawPointer.allocate(byteCount: page + 2 * ring, alignment: 4096)
  /// Bytes published as an honest container counts them.
  var tail: UInt64 = 0

  func clear(tail: UInt64) {
    memset(base, 0, WildMemory.page + 2 * WildMemory.ring)
    self.tail = tail
    store(tail, at: 256)
  }

  /// Stores a word of the page.
  func store(_ word: UInt64, at offset: Int) {
    base.storeBytes(of: word, toByteOffset: offset, as: UInt64.self)
  }

  /// Copies bytes into the ring, which shows them twice.
  func write(_ bytes: UnsafeRawBufferPointer, at position: UInt64) {
    for (index, byte) in bytes.prefix(WildMemory.ring).enumerated() {
      let place = Int((position &+ UInt64(index)) & UInt64(WildMemory.ring - 1))
      base.storeBytes(of: byte, toByteOffset: WildMemory.page + place, as: UInt8.self)
      base.storeBytes(of: byte, toByteOffset: WildMemory.page + WildMemory.ring + place, as: UInt8.self)
    }
  }

  /// Writes a record at the tail, its checksums right unless told otherwise, and tells how long it is.
  func write(_ header: RecordHeader, _ payload: [UInt8], wrongPayload: Bool, wrongHeader: Bool) -> UInt64 {
    var header = header
    header.magic = UInt32(GANTRY_RECORD_MAGIC)
    header.check = payload.withUnsafeBytes { checksum($0) } ^ (wrongPayload ? 1 : 0)
    let right = withUnsafeBytes(of: header) {
      checksum(UnsafeRawBufferPointer(rebasing: $0.dropLast(MemoryLayout<UInt64>.size)))
    }
    header.header_check = right ^ (wrongHeader ? 1 : 0)
    withUnsafeBytes(of: header) { write($0, at: tail) }
    payload.withUnsafeBytes { write($0, at: tail &+ 64) }
    return (header.length &+ 127) & ~63
  }
}
