// Fuzzes the container's reading of chunks: the checksum, LZ4, the shuffled bytes, and the frames in them; and that
// whatever the driver packs is what the container unpacks.

import GantryLanes
import GantryWire

@testable import GantryContainers

let chunksTarget = FuzzTarget(
  name: "chunks", run: { bytes, count in withInput(bytes, count, fuzzChunks) }, seeds: chunkSeeds)

/// Made once, like a container's: what one chunk leaves in it must not matter to the next.
nonisolated(unsafe) private var reader = ChunkDecoder(
  arena: UnsafeRawPointer(bitPattern: 64).unsafelyUnwrapped)
// nonisolated(unsafe) both: libFuzzer calls from one thread.
nonisolated(unsafe) private let compressor = ChunkCompressor()

/// The first three bytes: what to do, the stride, and how much room is claimed.
@Sendable private func fuzzChunks(_ bytes: UnsafeRawBufferPointer) {
  guard bytes.count >= 4 else { return }
  let stride = Int(bytes[1])
  let rest = UnsafeRawBufferPointer(rebasing: bytes[4...])
  if bytes[0] & 1 == 0 {
    let raw = Int(bytes[2]) | Int(bytes[3]) << 8
    readHostile(rest, raw: raw, stride: stride, isLying: bytes[0] & 8 != 0, isPlain: bytes[0] & 4 != 0)
  } else {
    roundTrip(rest, stride: stride, acceleration: Int(bytes[2]))
  }
}

/// The bytes are the chunk, whatever they are.
private func readHostile(
  _ stored: UnsafeRawBufferPointer, raw: Int, stride: Int, isLying: Bool, isPlain: Bool
) {
  let form = ChunkForm(
    stored: stored.count, raw: isPlain ? stored.count : raw, check: isLying ? 1 : checksum(stored),
    flags: isPlain ? 0 : ChunkFlags.lz4 | (stride > 1 ? ChunkFlags.shuffled : 0), stride: UInt32(stride))
  if !isPlain { watchBounds(stored, raw: raw, stride: stride) }
  guard let chunk = try? reader.read(stored, form) else { return }
  insist(chunk.count == form.raw, "A chunk of \(form.raw) bytes was read as \(chunk.count).")
  var frames = FrameReader(chunk)
  var count = 0
  while let frame = frames.next() {
    insist(isInside(frame, chunk), "A frame reaches out of its chunk.")
    var decoder = PayloadDecoder(frame)
    _ = try? decoder.decode([String].self)
    count += 1
  }
  var again = FrameReader(chunk)
  insist(
    again.skip(count) && again.offset == frames.offset, "Frames are counted otherwise when they are passed.")
}

/// LZ4 is not instrumented: AddressSanitizer does not see it write behind its target, a mark there does.
private func watchBounds(_ stored: UnsafeRawBufferPointer, raw: Int, stride: Int) {
  let mark: UInt8 = 0xa5
  withUnsafeTemporaryAllocation(byteCount: raw + 64, alignment: 16) { target in
    withUnsafeTemporaryAllocation(byteCount: raw + 64, alignment: 16) { scratch in
      for place in raw..<raw + 64 {
        target[place] = mark
        scratch[place] = mark
      }
      try? ChunkCoding.decompress(
        stored, into: UnsafeMutableRawBufferPointer(rebasing: target[..<raw]), stride: stride,
        scratch: UnsafeMutableRawBufferPointer(rebasing: scratch[..<raw]))
      insist(
        target[raw...].allSatisfy { $0 == mark } && scratch[raw...].allSatisfy { $0 == mark },
        "A chunk was written behind its \(raw) bytes.")
    }
  }
}

/// The bytes are what the driver packs.
private func roundTrip(_ raw: UnsafeRawBufferPointer, stride: Int, acceleration: Int) {
  withUnsafeTemporaryAllocation(byteCount: raw.count + 64, alignment: 16) { target in
    withUnsafeTemporaryAllocation(byteCount: max(1, raw.count), alignment: 16) { scratch in
      guard
        let count = ChunkCoding.compress(
          raw, into: target, acceleration: acceleration, stride: stride, scratch: scratch,
          compressor: compressor)
      else { return }
      let stored = UnsafeRawBufferPointer(rebasing: target[..<count])
      let form = ChunkForm(
        stored: count, raw: raw.count, check: checksum(stored),
        flags: ChunkFlags.lz4 | (stride > 1 ? ChunkFlags.shuffled : 0), stride: UInt32(stride))
      do {
        insist(try reader.read(stored, form).elementsEqual(raw), "A chunk is not what was packed.")
      } catch { fatalError("What was packed cannot be read: \(error)") }
    }
  }
}

private func isInside(_ part: UnsafeRawBufferPointer, _ whole: UnsafeRawBufferPointer) -> Bool {
  guard let from = part.baseAddress, let base = whole.baseAddress else { return part.isEmpty }
  return from >= base && from + part.count <= base + whole.count
}

@Sendable private func chunkSeeds() -> [[UInt8]] {
  var seeds: [[UInt8]] = []
  let numbers = (0..<64 as Range<UInt8>).flatMap { [$0, 0, 0, 0, 1, 0, 0, 0] as [UInt8] }
  var frames = PayloadEncoder()
  for text in [["a"], [], ["longer than fifteen bytes", ""]] {
    SingleCoding<[String]>.append(text, to: &frames)
  }
  let framed = frames.withBytes { Array($0) }
  for (raw, stride) in [(numbers, 0), (numbers, 8), (numbers, 3), (framed + framed + framed, 0)] {
    seeds.append([1, UInt8(stride), 1, 0] + raw)
    var target = [UInt8](repeating: 0, count: raw.count + 64)
    var scratch = [UInt8](repeating: 0, count: raw.count)
    let count = raw.withUnsafeBytes { source in
      target.withUnsafeMutableBytes { target in
        scratch.withUnsafeMutableBytes { scratch in
          ChunkCoding.compress(source, into: target, stride: stride, scratch: scratch, compressor: compressor)
        }
      }
    }
    guard let count else { continue }
    seeds.append([0, UInt8(stride), UInt8(raw.count & 255), UInt8(raw.count >> 8)] + target.prefix(count))
  }
  return seeds + [[4, 0, 0, 0] + framed]
}
