// The owner of one LZ4 state, 16 KiB that is cleared once and not for every chunk.
// One for each thread that compresses; it is not Sendable and never shared.

import CLZ4

/// A reusable LZ4 compression state.
package final class ChunkCompressor {
  private let stream: UnsafeMutablePointer<LZ4_stream_t>

  package init() {
    stream = .allocate(capacity: 1)
    // An all-zero state is an initialised one; `reset` says so to the library.
    stream.initialize(to: LZ4_stream_t())
    reset()
  }

  deinit {
    stream.deallocate()
  }

  /// Compresses one independent block; nil when it does not fit in the target.
  func compress(
    _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer, acceleration: Int
  ) -> Int? {
    guard let from = source.baseAddress, let to = target.baseAddress,
      let sourceCount = Int32(exactly: source.count)
    else { return nil }
    let capacity = Int32(clamping: target.count)
    // Forgets the last block without clearing the table: each block must decompress on its own.
    LZ4_resetStream_fast(stream)
    let written = LZ4_compress_fast_continue(
      stream, from.assumingMemoryBound(to: CChar.self), to.assumingMemoryBound(to: CChar.self), sourceCount,
      capacity, Int32(clamping: acceleration))
    guard written > 0 else {
      // After a block that did not fit the state is undefined.
      reset()
      return nil
    }
    return Int(written)
  }

  private func reset() {
    _ = LZ4_initStream(stream, MemoryLayout<LZ4_stream_t>.size)
  }
}
