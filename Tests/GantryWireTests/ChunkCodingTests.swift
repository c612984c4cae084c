// Compressed chunks come back byte by byte at every size and stride, and a corrupt block is never written
// past.

import TestSupport
import Testing

@testable import GantryWire

@Suite struct ChunkCodingTests {
  enum Pattern: CaseIterable {
    case zeros
    case counting
    case words
    case noise

    func bytes(_ count: Int) -> [UInt8] {
      var random = SeededGenerator(seed: UInt64(count))
      return (0..<count).map { index in
        switch self {
        case .zeros: 0
        case .counting: UInt8(truncatingIfNeeded: (index / 8) >> ((index % 8) * 8))
        case .words:
          UInt8(truncatingIfNeeded: "the quick brown fox ".utf8.map(Int.init)[(index * index / 7) % 20])
        case .noise: UInt8(truncatingIfNeeded: random.next())
        }
      }
    }
  }

  private func compressed(
    _ raw: [UInt8], capacity: Int, stride: Int, with compressor: ChunkCompressor
  ) -> [UInt8]? {
    var block = [UInt8](repeating: 0, count: capacity)
    var scratch = [UInt8](repeating: 0, count: raw.count)
    let count = raw.withUnsafeBytes { raw in
      block.withUnsafeMutableBytes { block in
        scratch.withUnsafeMutableBytes { scratch in
          ChunkCoding.compress(raw, into: block, stride: stride, scratch: scratch, compressor: compressor)
        }
      }
    }
    return count.map { Array(block[..<$0]) }
  }

  private func decompressed(_ block: [UInt8], count: Int, stride: Int) throws -> [UInt8] {
    // Guard bytes behind the room: nothing may be written there.
    var raw = [UInt8](repeating: 0xA5, count: count + 64)
    var scratch = [UInt8](repeating: 0, count: count)
    defer { #expect(raw[count...].allSatisfy { $0 == 0xA5 }) }
    try block.withUnsafeBytes { block in
      try raw.withUnsafeMutableBytes { raw in
        try scratch.withUnsafeMutableBytes { scratch in
          let room = UnsafeMutableRawBufferPointer(rebasing: raw[..<count])
          try ChunkCoding.decompress(block, into: room, stride: stride, scratch: scratch)
        }
      }
    }
    return Array(raw[..<count])
  }

  @Test(arguments: Pattern.allCases) func chunksOfEverySizeComeBack(pattern: Pattern) throws {
    let compressor = ChunkCompressor()
    let all = pattern.bytes(2000)
    for count in 1...2000 {
      let raw = Array(all[..<count])
      let stride = [0, 1, 2, 3, 4, 7, 8, 12, 16, 24][count % 10]
      let block = try #require(
        compressed(raw, capacity: count + count / 255 + 16, stride: stride, with: compressor))
      #expect(try decompressed(block, count: count, stride: stride) == raw)
    }
  }

  @Test(arguments: [2, 3, 4, 5, 8, 12, 16, 24, 31, 100]) func everyStrideIsUndone(stride: Int) throws {
    for count in [stride, stride + 1, 8 * stride, 9 * stride + 3, 1000, 4096, 65_537] {
      let raw = Pattern.noise.bytes(count)
      var shuffled = [UInt8](repeating: 0, count: count)
      var back = [UInt8](repeating: 0, count: count)
      raw.withUnsafeBytes { raw in
        shuffled.withUnsafeMutableBytes { ByteShuffle.shuffle(raw, into: $0, stride: stride) }
      }
      shuffled.withUnsafeBytes { shuffled in
        back.withUnsafeMutableBytes { ByteShuffle.unshuffle(shuffled, into: $0, stride: stride) }
      }
      #expect(back == raw)
      let elements = count / stride
      for index in 0..<min(elements, 20) {
        #expect(shuffled[(stride - 1) * elements + index] == raw[index * stride + stride - 1])
      }
    }
  }

  @Test func shufflingMakesNumbersSmall() throws {
    let raw = Pattern.counting.bytes(64 << 10)
    let compressor = ChunkCompressor()
    let plain = try #require(compressed(raw, capacity: raw.count, stride: 0, with: compressor))
    let shuffled = try #require(compressed(raw, capacity: raw.count, stride: 8, with: compressor))
    #expect(shuffled.count * 10 < plain.count)
  }

  @Test func whatDoesNotPayIsRefusedAndTheNextChunkStillCompresses() throws {
    let compressor = ChunkCompressor()
    let noise = Pattern.noise.bytes(64 << 10)
    let zeros = Pattern.zeros.bytes(64 << 10)
    for _ in 0..<3 {
      #expect(compressed(noise, capacity: noise.count * 7 / 8, stride: 0, with: compressor) == nil)
      let block = try #require(compressed(zeros, capacity: zeros.count * 7 / 8, stride: 0, with: compressor))
      #expect(try decompressed(block, count: zeros.count, stride: 0) == zeros)
    }
    #expect(compressed([], capacity: 64, stride: 0, with: compressor) == nil)
    #expect(compressed(zeros, capacity: 0, stride: 0, with: compressor) == nil)
  }

  @Test(arguments: [0, 8]) func everyFlippedOrMissingByteIsRefusedOrGivesTheRightCount(stride: Int) throws {
    let compressor = ChunkCompressor()
    let raw = Pattern.words.bytes(3000)
    let block = try #require(compressed(raw, capacity: raw.count, stride: stride, with: compressor))
    for index in block.indices {
      for flip in [0x01, 0x10, 0x80, 0xFF] as [UInt8] {
        var wrong = block
        wrong[index] ^= flip
        if let back = try? decompressed(wrong, count: raw.count, stride: stride) {
          #expect(back.count == raw.count)
        }
      }
      #expect(throws: PayloadError.self) {
        try decompressed(Array(block[..<index]), count: raw.count, stride: stride)
      }
    }
    #expect(throws: PayloadError.self) { try decompressed(block, count: raw.count - 1, stride: stride) }
    #expect(throws: PayloadError.self) { try decompressed(block, count: raw.count + 1, stride: stride) }
  }
}
