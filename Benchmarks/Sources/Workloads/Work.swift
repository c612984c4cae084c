// What the workloads compute, and how their inputs are made: the same for every contestant written in Swift.

import Foundation

/// The function of W1.
public func square(_ x: Int) -> Int { x &* x }

/// The function of W2.
public func combine(_ a: Int, _ b: Int) -> Int { a &* b &+ 1 }

/// Ends the program unless these are the squares of 0, 1, 2...
public func checkSquares(_ outputs: [Int], count: Int) {
  guard outputs.count == count, zip(0..., outputs).allSatisfy({ $1 == square($0) }) else {
    stop("The outputs are not the squares of 0 to \(count - 1).")
  }
}

/// The sum of the squares below a number, as it wraps.
public func sumOfSquares(below count: Int) -> Int { (0..<count).reduce(0) { $0 &+ square($1) } }

/// A string of 50 ASCII bytes.
public func text(_ number: Int) -> String {
  let digits = String(number)
  return String(repeating: "abcdefghij", count: 5).dropLast(digits.utf8.count) + digits
}

/// The function of W3.
public func exclaim(_ text: String) -> String { text + "!" }

/// Five fields of different kinds.
public struct Item: Codable, Equatable, Sendable {
  var id: Int
  var name: String
  var score: Double
  var tags: [String]
  var parent: Int?

  /// The item of this number.
  public init(_ number: Int) {
    id = number
    name = "item-\(1_000_000 + number)"
    score = Double(number) / 3
    tags = ["red", "number \(number & 7)"]
    parent = number.isMultiple(of: 2) ? number / 2 : nil
  }
}

/// The function of W4.
public func renumber(_ item: Item) -> Item {
  var item = item
  item.id += 1
  return item
}

/// Bytes of a blob.
public let blobBytes = 1 << 20

/// A blob of bytes that no compression makes smaller.
public func blob(_ number: Int) -> [UInt8] {
  [UInt8](unsafeUninitializedCapacity: blobBytes) { bytes, count in
    bytes.withMemoryRebound(to: UInt64.self) { words in
      var state = UInt64(number) &* 0x9E37_79B9_7F4A_7C15 | 1
      for at in words.indices {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        words[at] = state
      }
    }
    count = blobBytes
  }
}

/// A blob of text, as logs have it: LZ4 makes it some times smaller.
public func textBlob(_ number: Int) -> [UInt8] {
  var bytes: [UInt8] = []
  bytes.reserveCapacity(blobBytes + 128)
  var line = number &* 7_919
  while bytes.count < blobBytes {
    bytes += "2026-01-01 12:00:00 worker \(line % 97) took \(line % 1_009) us for request \(line)\n".utf8
    line &+= 1
  }
  return Array(bytes.prefix(blobBytes))
}

/// Its length, and a byte of each page.
public func weigh(_ blob: [UInt8]) -> Int {
  var sum = blob.count
  for at in stride(from: 0, to: blob.count, by: 4096) { sum &+= Int(blob[at]) }
  return sum
}

/// A line of JSON.
public func line(_ number: Int) -> String {
  #"{"id":\#(number),"name":"name \#(number)","values":[\#(number & 15),2,3]}"#
}

private struct Line: Decodable {
  var id: Int
  var name: String
  var values: [Int]
}

/// The function of W6.
public func parse(_ text: String) throws -> Int {
  let line = try JSONDecoder().decode(Line.self, from: Data(text.utf8))
  return line.id + line.values.reduce(0, +)
}

/// Steps of `burn` that take about a microsecond on a processor of 3 GHz.
public let stepsPerMicrosecond = 500

/// Pure computation: each step waits for the one before, and none can be left out.
@inline(never) public func burn(microseconds: Int, _ seed: Int) -> Int {
  var state = UInt64(truncatingIfNeeded: seed) | 1
  for _ in 0..<microseconds * stepsPerMicrosecond {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
  }
  return Int(truncatingIfNeeded: state)
}

/// The microseconds of an input of the skewed workload: one of a hundred is a hundred times as long.
public func skewed(_ number: Int) -> Int {
  (UInt64(truncatingIfNeeded: number) &* 0x9E37_79B9_7F4A_7C15) >> 32 % 100 == 0 ? 1_000 : 10
}
