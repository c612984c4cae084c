// Chunks to LZ4 blocks and back, with the bytes of fixed-width elements shuffled first where a stride is
// given. Called by the feeder and by containers, each with its own compressor and scratch. Decompression
// trusts nothing: it fills exactly the room it is given or throws. Whether a chunk's content is right is the
// checksum's business.

import CLZ4

/// The compression of chunks.
package enum ChunkCoding {
  /// Sources longer than this are never compressed: LZ4 counts in 32 bits.
  package static var largestSource: Int { 0x7E00_0000 }

  /// The scratch memory that a chunk of so many bytes needs with a stride.
  package static func scratchCount(forRaw count: Int, stride: Int) -> Int {
    stride > 1 ? count : 0
  }

  /// Compresses a chunk, or returns nil when that does not pay.
  ///
  /// - Parameters:
  ///   - source: The raw bytes.
  ///   - target: Its size is the test: a block that would be larger does not pay; 7/8 of the source is usual.
  ///   - acceleration: 1 compresses best; higher is faster where little is found.
  ///   - stride: The width of the elements, or 0 or 1 for bytes of no such kind.
  ///   - scratch: At least `scratchCount(forRaw:stride:)` bytes that overlap neither.
  ///   - compressor: The calling thread's own.
  /// - Returns: The number of bytes written to the target.
  package static func compress(
    _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer, acceleration: Int = 1,
    stride: Int = 0, scratch: UnsafeMutableRawBufferPointer, compressor: ChunkCompressor
  ) -> Int? {
    guard !source.isEmpty, !target.isEmpty, source.count <= largestSource else { return nil }
    guard stride > 1, stride < source.count else {
      return compressor.compress(source, into: target, acceleration: acceleration)
    }
    let shuffled = UnsafeMutableRawBufferPointer(rebasing: scratch[..<source.count])
    ByteShuffle.shuffle(source, into: shuffled, stride: stride)
    return compressor.compress(UnsafeRawBufferPointer(shuffled), into: target, acceleration: acceleration)
  }

  /// Decompresses a block into exactly as many bytes as its chunk had.
  ///
  /// - Parameters:
  ///   - block: The bytes of the block; may be corrupt.
  ///   - raw: All of it is filled. Undefined after a throw.
  ///   - stride: As it was compressed.
  ///   - scratch: At least `scratchCount(forRaw:stride:)` bytes that overlap neither.
  /// - Throws: `PayloadError` when the block is no LZ4 block of that raw size.
  package static func decompress(
    _ block: UnsafeRawBufferPointer, into raw: UnsafeMutableRawBufferPointer, stride: Int = 0,
    scratch: UnsafeMutableRawBufferPointer
  ) throws(PayloadError) {
    guard stride > 1, stride < raw.count else {
      try decompress(block, filling: raw)
      return
    }
    guard scratch.count >= raw.count else {
      throw PayloadError(
        "A chunk of \(raw.count) bytes needs as much scratch memory to be unshuffled, not \(scratch.count)."
      )
    }
    let shuffled = UnsafeMutableRawBufferPointer(rebasing: scratch[..<raw.count])
    try decompress(block, filling: shuffled)
    ByteShuffle.unshuffle(UnsafeRawBufferPointer(shuffled), into: raw, stride: stride)
  }

  private static func decompress(
    _ block: UnsafeRawBufferPointer, filling raw: UnsafeMutableRawBufferPointer
  ) throws(PayloadError) {
    guard let from = block.baseAddress, let to = raw.baseAddress, raw.count <= largestSource,
      let blockCount = Int32(exactly: block.count)
    else {
      throw PayloadError("A block of \(block.count) bytes cannot be an LZ4 block of \(raw.count) raw bytes.")
    }
    let written = LZ4_decompress_safe(
      from.assumingMemoryBound(to: CChar.self), to.assumingMemoryBound(to: CChar.self), blockCount,
      Int32(truncatingIfNeeded: raw.count))
    guard Int(written) == raw.count else {
      throw PayloadError(
        "An LZ4 block of \(block.count) bytes is corrupt: it does not decompress to \(raw.count) bytes.")
    }
  }
}
