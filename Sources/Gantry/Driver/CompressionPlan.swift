// Compresses one chunk into a block of the arena: widths that shuffle well are shuffled first.

import GantryLanes
import GantryWire

/// A decision to compress, with the block for the result.
///
/// Carried out without any lock.
struct CompressionPlan {
  /// Smaller chunks have nothing to gain.
  static let leastBytes = 64

  let block: ArenaBlock
  let target: UnsafeMutableRawBufferPointer
  let acceleration: Int
  let width: Int

  /// The form of the compressed chunk, nil if it did not become small enough, and what the try cost.
  func compress(_ raw: UnsafeRawBufferPointer) -> (form: ChunkForm?, nanoseconds: UInt64) {
    let stride = [2, 4, 8, 16].contains(width) && width < raw.count ? width : 0
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: stride > 1 ? raw.count : 0, alignment: 64)
    defer { scratch.deallocate() }
    let compressor = CompressorCache.take()
    defer { CompressorCache.put(compressor) }
    let start = monotonicNow()
    let stored = ChunkCoding.compress(
      raw, into: target, acceleration: acceleration, stride: stride, scratch: scratch, compressor: compressor)
    let nanoseconds = monotonicNow() &- start
    guard let stored else { return (nil, nanoseconds) }
    let check = checksum(UnsafeRawBufferPointer(rebasing: target[..<stored]))
    let flags = ChunkFlags.lz4 | (stride > 1 ? ChunkFlags.shuffled : 0)
    return (
      ChunkForm(stored: stored, raw: raw.count, check: check, flags: flags, stride: UInt32(stride)),
      nanoseconds
    )
  }
}

/// Compressor states between uses: 16 KiB each, one for each thread that compresses at the same time.
private enum CompressorCache {
  // nonisolated(unsafe): guarded by `lock`.
  private nonisolated(unsafe) static var idle: [ChunkCompressor] = []
  private static let lock = Lock()

  static func take() -> ChunkCompressor { lock.locked { idle.popLast() } ?? ChunkCompressor() }
  static func put(_ compressor: ChunkCompressor) { lock.locked { idle.append(compressor) } }
}
