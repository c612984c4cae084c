// Turns a claimed descriptor into readable inputs: in place in the arena, or decompressed into private memory.

import GantryLanes
import GantryWire

/// Owns the memory chunks are decompressed into; it grows to the largest chunk seen.
struct ChunkDecoder {
  private let arena: UnsafeRawPointer
  private var plain = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  private var scratch = UnsafeMutableRawBufferPointer(start: nil, count: 0)

  init(arena: UnsafeRawPointer) { self.arena = arena }

  /// Frees what chunks were decompressed into.
  func free() {
    plain.deallocate()
    scratch.deallocate()
  }

  /// The chunk's bytes.
  ///
  /// A chunk that arrives damaged ends the container: nothing in it can be believed, and the driver, which
  /// still has the original, is told why.
  mutating func decode(_ claim: Claim) -> UnsafeRawBufferPointer {
    let form = claim.form
    do {
      return try read(UnsafeRawBufferPointer(start: arena + claim.offset, count: form.stored), form)
    } catch {
      refuse(error.message)
    }
  }

  /// The bytes of a chunk that is stored like this; valid until the next one is read.
  mutating func read(_ stored: UnsafeRawBufferPointer, _ form: ChunkForm) throws(PayloadError)
    -> UnsafeRawBufferPointer
  {
    guard checksum(stored) == form.check else {
      throw PayloadError("The checksum of a chunk of \(form.stored) bytes is wrong.")
    }
    guard form.flags & ChunkFlags.lz4 != 0 else { return stored }
    let size = form.raw
    let stride = form.flags & ChunkFlags.shuffled != 0 ? Int(form.stride) : 1
    ChunkDecoder.grow(&plain, to: size)
    if stride > 1 { ChunkDecoder.grow(&scratch, to: size) }
    let target = UnsafeMutableRawBufferPointer(rebasing: plain[..<size])
    do {
      try ChunkCoding.decompress(
        stored, into: target, stride: stride,
        scratch: UnsafeMutableRawBufferPointer(rebasing: scratch[..<(stride > 1 ? size : 0)]))
    } catch {
      throw PayloadError("A chunk of \(form.stored) bytes could not be decompressed: \(error)")
    }
    return UnsafeRawBufferPointer(target)
  }

  private static func grow(_ buffer: inout UnsafeMutableRawBufferPointer, to bytes: Int) {
    if buffer.count >= bytes { return }
    buffer.deallocate()
    buffer = .allocate(byteCount: bytes, alignment: 64)
  }

  private func refuse(_ reason: String) -> Never {
    leave(reason + "\n", status: ContainerStatus.damagedChunk)
  }
}
