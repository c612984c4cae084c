// What a chunk of each kind of payload costs to encode and to decode, without processes around it.

import Benchmark
import GantryWire

/// Five fields of the usual kinds, in the compact coding of its Codable conformance.
struct Entry: Codable, Payload, Equatable {
  var id: Int
  var name: String
  var score: Double
  var tags: [String]
  var parent: Int?
}

/// Values as a chunk of inputs has them, or a record of outputs.
struct Sample<Coding: ValueCoding> {
  let name: String
  let values: [Coding.Value]

  init(_ name: String, _: Coding.Type, _ values: [Coding.Value]) {
    self.name = name
    self.values = values
  }

  /// Encodes all values into memory that is there already.
  func encode(into memory: UnsafeMutableRawBufferPointer) -> Int {
    guard let base = memory.baseAddress else { return 0 }
    var encoder = PayloadEncoder(writingAt: base, capacity: memory.count)
    for value in values { Coding.append(value, to: &encoder) }
    precondition(!encoder.isSpilled, "The memory is too small for \(name).")
    return encoder.count
  }

  /// Decodes them as a container does its inputs, one after the other.
  func decode(_ bytes: UnsafeRawBufferPointer) throws {
    if Coding.width == framed {
      var frames = FrameReader(bytes)
      while let frame = frames.next() {
        var decoder = PayloadDecoder(frame)
        blackHole(try Coding.decode(from: &decoder))
      }
    } else {
      for offset in stride(from: 0, to: bytes.count, by: Coding.width) {
        blackHole(bytes.load(fromByteOffset: offset, as: Coding.Value.self))
      }
    }
  }

  /// Measures both ways; the memory is warm, as the arena's recycled blocks are.
  func measure() {
    Benchmark("encode \(name)") { benchmark in
      let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 4 << 20, alignment: 64)
      defer { memory.deallocate() }
      _ = encode(into: memory)
      benchmark.startMeasurement()
      for _ in benchmark.scaledIterations { blackHole(encode(into: memory)) }
      benchmark.stopMeasurement()
    }
    Benchmark("decode \(name)") { benchmark in
      let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 4 << 20, alignment: 64)
      defer { memory.deallocate() }
      let bytes = UnsafeRawBufferPointer(rebasing: memory[..<encode(into: memory)])
      benchmark.startMeasurement()
      for _ in benchmark.scaledIterations { try decode(bytes) }
      benchmark.stopMeasurement()
    }
  }
}

/// All kinds.
func measurePayloads() {
  Sample("1,024 Int", SingleCoding<Int>.self, Array(0..<1024)).measure()
  Sample("1,024 (Int, Int)", TupleCoding<Int, Int>.self, (0..<1024).map { ($0, $0 + 1) }).measure()
  Sample("1,024 String of 50 bytes", SingleCoding<String>.self, (0..<1024).map(sentence)).measure()
  Sample("1,024 Codable structs", SingleCoding<Entry>.self, (0..<1024).map(entry)).measure()
  Sample("1 [UInt8] of 1 MiB", SingleCoding<[UInt8]>.self, [Array(repeating: 7, count: 1 << 20)]).measure()
  Sample("1 [Int] of 1 MiB", SingleCoding<[Int]>.self, [Array(0..<(1 << 17))]).measure()
}

private func sentence(_ number: Int) -> String {
  let start = "sentence number \(number) "
  return start + String(repeating: "x", count: 50 - start.utf8.count)
}

private func entry(_ number: Int) -> Entry {
  Entry(
    id: number, name: "entry \(100_000 + number)", score: Double(number) / 3, tags: ["first", "second"],
    parent: number % 2 == 0 ? nil : number - 1)
}
