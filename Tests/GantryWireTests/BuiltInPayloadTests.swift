// Every built-in payload type arrives as it was sent, edge values and random data included.

import TestSupport
import Testing

@testable import GantryWire

@Suite struct BuiltInPayloadTests {
  private func edges<I: FixedWidthInteger & Payload>(_ type: I.Type) throws {
    for value in [I.min, I.max, 0, 1, I.max / 2, I.min / 2] { try expectRoundTrip(value) }
    try expectRoundTrip([I.min, 0, I.max])
  }

  @Test func integersOfEveryWidthArrive() throws {
    try edges(Int.self)
    try edges(Int8.self)
    try edges(Int16.self)
    try edges(Int32.self)
    try edges(Int64.self)
    try edges(Int128.self)
    try edges(UInt.self)
    try edges(UInt8.self)
    try edges(UInt16.self)
    try edges(UInt32.self)
    try edges(UInt64.self)
    try edges(UInt128.self)
  }

  @Test func floatsKeepEveryBit() throws {
    for value in [0, -0.0, 1.5, .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude]
      as [Double]
    {
      #expect(try roundTrip(value).bitPattern == value.bitPattern)
      #expect(try roundTrip(Float(value)).bitPattern == Float(value).bitPattern)
    }
    let odd = Double(nan: 12345, signaling: false)
    #expect(try roundTrip(odd).bitPattern == odd.bitPattern)
    try expectRoundTrip(Float16(2.5))
    #if arch(x86_64)
    try expectRoundTrip(Float80(2.5))
    #endif
  }

  @Test func booleansArriveAndOtherBytesAreRefused() throws {
    try expectRoundTrip(true)
    try expectRoundTrip([true, false, true])
    #expect(!Bool.isBitwise)
    #expect(throws: PayloadError.self) { try decoded(Bool.self, from: [2]) }
    #expect(throws: PayloadError.self) { try decoded([Bool].self, from: [3, 1, 0, 255]) }
  }

  @Test func textArrivesAsItIs() throws {
    let texts = [
      "", "a", "fifteen bytes!!", "a native string longer than fifteen bytes", "\u{1F468}\u{200D}\u{1F469}",
      "\0",
    ]
    for text in texts {
      try expectRoundTrip(text)
      try expectRoundTrip(text[...])
      try expectRoundTrip(text.dropFirst())
    }
    try expectRoundTrip("e\u{301}" as Character)
    try expectRoundTrip(String(repeating: "x", count: 100_000))
    // Canonically equal but other scalars: the scalars must survive.
    #expect(Array(try roundTrip("e\u{301}").unicodeScalars) == Array("e\u{301}".unicodeScalars))
  }

  @Test func textThatIsNotUTF8IsRefused() {
    for bytes in [[1, 0xFF], [2, 0xC0, 0x80], [3, 0xED, 0xA0, 0x80], [1, 0xE4]] as [[UInt8]] {
      #expect(throws: PayloadError.self) { try decoded(String.self, from: bytes) }
    }
    #expect(throws: PayloadError.self) { try decoded(Character.self, from: [2, 0x61, 0x62]) }
    #expect(throws: PayloadError.self) { try decoded(Character.self, from: [0]) }
  }

  @Test func collectionsArrive() throws {
    try expectRoundTrip([Int]())
    try expectRoundTrip(["a", "", "c"])
    try expectRoundTrip([[1, 2], [], [3]])
    try expectRoundTrip(ContiguousArray([1.5, 2.5]))
    try expectRoundTrip(ContiguousArray(["x"]))
    try expectRoundTrip([9, 8, 7, 6][1..<3])
    try expectRoundTrip(Set(0..<100))
    try expectRoundTrip(["a": [1], "b": []])
    try expectRoundTrip([1: "x", 2: "y"])
    try expectRoundTrip(Array(repeating: Optional<Int>.none, count: 7))
  }

  @Test func sumsAndRangesArrive() throws {
    try expectRoundTrip(Int?.none)
    try expectRoundTrip(Int?.some(3))
    try expectRoundTrip(Int??.some(.none))
    try expectRoundTrip(Int??.none)
    try expectRoundTrip(1..<5)
    try expectRoundTrip(1...5)
    try expectRoundTrip(4..<4)
    try expectRoundTrip(Duration.seconds(-3) + .nanoseconds(7))
    try expectRoundTrip(Result<Int, SampleFailure>.success(3))
    try expectRoundTrip(Result<Int, SampleFailure>.failure(SampleFailure(code: 4)))
    var disorder = PayloadEncoder()
    disorder.encode(5)
    disorder.encode(1)
    let bytes = disorder.withBytes { Array($0) }
    #expect(throws: PayloadError.self) { try decoded(Range<Int>.self, from: bytes) }
    #expect(throws: PayloadError.self) { try decoded(ClosedRange<Int>.self, from: bytes) }
  }

  @Test func vectorsAndInlineArraysArrive() throws {
    try expectRoundTrip(SIMD2<Double>(1, 2))
    try expectRoundTrip(SIMD3<Int32>(1, 2, 3))
    try expectRoundTrip([SIMD4<Float>(1, 2, 3, 4), .zero])
    try expectRoundTrip(SIMD64<UInt8>(repeating: 7))
    let numbers: InlineArray<3, Int> = [1, 2, 3]
    let numbersBack = try roundTrip(numbers)
    #expect(numbersBack[0] == 1 && numbersBack[2] == 3)
    let texts: InlineArray<2, String> = ["a", "b"]
    #expect(try roundTrip(texts)[1] == "b")
    let flags: InlineArray<2, Bool> = [true, false]
    #expect(try roundTrip(flags)[0])
    #expect(try roundTrip([numbers, numbers])[1][1] == 2)
  }

  @Test func elementsThatEncodeToNothingArriveInTheirNumber() throws {
    #expect(try roundTrip(Array(repeating: Nothing(), count: 1000)).count == 1000)
    #expect(throws: PayloadError.self) { try decoded([Nothing].self, from: [0xFF, 0xFF, 0x7F]) }
  }

  @Test(arguments: 0..<50 as Range<UInt64>) func randomNestedDataArrives(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var value: [String: [[Int?]]] = [:]
    for _ in 0..<Int.random(in: 0...8, using: &random) {
      value[random.text(upTo: 12)] = (0..<Int.random(in: 0...4, using: &random)).map { _ in
        (0..<Int.random(in: 0...5, using: &random)).map { _ in
          Bool.random(using: &random) ? Int(truncatingIfNeeded: random.next()) : nil
        }
      }
    }
    try expectRoundTrip(value)
  }
}

struct SampleFailure: Error, Payload, BitwiseCopyable, Equatable {
  var code: Int
}

struct Nothing: Payload {
  init() {}
  init(from decoder: inout PayloadDecoder) throws {}
  func encode(into encoder: inout PayloadEncoder) {}
}
