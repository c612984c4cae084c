// Every kind of payload arrives in every kind of container of payloads: alone, optional, in arrays, as a value of a
// dictionary, in a result, and in a fixed array. That a kind is listed here proves that it conforms.

import Testing

@testable import GantryWire

@Suite struct NestedPayloadTests {
  /// A value in all that can hold it.
  private func nest<P: Payload & Hashable>(
    _ value: P, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    func check<N: Payload & Equatable>(_ nested: N) throws {
      try expectRoundTrip(nested, sourceLocation: sourceLocation)
    }
    try check(value)
    try check(P?.some(value))
    try check(P??.some(.none))
    try check([value])
    try check([[value, value], [], [value]])
    try check([P?.some(value), nil])
    try check([value, value][1...])
    try check(ContiguousArray([value, value]))
    try check(Set([value]))
    try check(["key": [P?.some(value), nil]])
    try check([value: "value"])
    try check(Result<P, SampleFailure>.success(value))
    try check(Result<P, PayloadError>.failure(PayloadError("A sentence.")))
    try check([Result<P?, Refusal<P>>.failure(Refusal(value: value, notes: ["a"])), .success(nil)])
    let fixed: InlineArray<2, P> = [value, value]
    let back = try roundTrip(["a": [fixed]])
    #expect(back["a"]?.first?[1] == value, sourceLocation: sourceLocation)
  }

  @Test func numbersArriveInWhateverHoldsThem() throws {
    try nest(Int.min)
    try nest(Int8.min)
    try nest(Int16.min)
    try nest(Int32.min)
    try nest(Int64.min)
    try nest(Int128.min)
    try nest(UInt.max)
    try nest(UInt8.max)
    try nest(UInt16.max)
    try nest(UInt32.max)
    try nest(UInt64.max)
    try nest(UInt128.max)
    try nest(1.5)
    try nest(Float(1.5))
    try nest(Float16(1.5))
    #if arch(x86_64)
    try nest(Float80(1.5))
    #endif
    try nest(true)
    try nest(Duration.milliseconds(-1500))
  }

  @Test func textArrivesInWhateverHoldsIt() throws {
    try nest("")
    try nest("text, é \u{1F600}")
    try nest("some text"[...].dropFirst(5))
    try nest("e\u{301}" as Character)
  }

  @Test func rangesAndVectorsArriveInWhateverHoldsThem() throws {
    try nest(1..<9)
    try nest("a"..<"b")
    try nest(-1.5...1.5)
    try nest(Character("a")...Character("z"))
    try nest(SIMD2<Int8>(1, -2))
    try nest(SIMD3<Double>(1, 2, 3))
    try nest(SIMD4<UInt16>(1, 2, 3, 4))
    try nest(SIMD8<Float>(repeating: -0.5))
    try nest(SIMD16<Int32>(repeating: 7))
    try nest(SIMD32<UInt8>(repeating: 9))
    try nest(SIMD64<Int64>(repeating: -1))
  }

  @Test func ownTypesArriveInWhateverHoldsThem() throws {
    try nest(Spot(x: 1, y: -2))
    try nest(Note(title: "a", lines: ["b", ""]))
    try nest(Written(number: 3, text: "hand-written"))
    try nest(Refusal(value: 4, notes: ["n"]))
  }

  @Test func containersArriveInEachOther() throws {
    try nest([1: ["a": Set([1...2])]])
    try nest(Set([["a"], []]))
    try nest([Int?.none, 3])
    try nest(Result<[String: [Int?]], PayloadError>.success(["a": [1, nil], "": []]))
    try expectRoundTrip(Result<Int, Never>.success(1))
    #expect(throws: PayloadError.self) { try decoded(Result<Int, Never>.self, from: [1]) }
  }

  @Test func fixedArraysNestInEachOther() throws {
    let rows: InlineArray<2, InlineArray<3, Int16>> = [[1, 2, 3], [4, 5, 6]]
    #expect(try roundTrip(rows)[1][2] == 6)
    let texts: InlineArray<2, InlineArray<2, String?>> = [["a", nil], [nil, "b"]]
    let back = try roundTrip(texts)
    #expect(back[0][0] == "a" && back[0][1] == nil && back[1][1] == "b")
    let wide: InlineArray<500, Double> = .init(repeating: 2.5)
    #expect(try roundTrip(Optional(wide))?[499] == 2.5)
  }

  @Test func bitwiseElementsMoveAsMemoryAndTheOthersDoNot() {
    #expect(SIMD8<Float>.movesAsMemory && SIMD3<Int8>.movesAsMemory)
    #expect(Duration.movesAsMemory && Int128.movesAsMemory)
    #expect(Spot.movesAsMemory && InlineArray<3, Spot>.movesAsMemory)
    #expect(!Bool.movesAsMemory && !(Range<Int>.movesAsMemory) && !Int?.movesAsMemory)
    #expect(!Note.movesAsMemory && !InlineArray<3, Bool>.movesAsMemory)
    #expect(!Result<Int, SampleFailure>.movesAsMemory)
  }
}

extension NestedPayloadTests {
  /// Said in the documentation: a struct that is inferred to be bitwise travels as memory, its own coding unasked.
  @Test func aBitwiseTypeWithACodingOfItsOwnHasToSaySo() throws {
    struct Inferred: Payload {
      var number: Int
      init(number: Int) { self.number = number }
      init(from decoder: inout PayloadDecoder) throws { throw PayloadError("It is not asked.") }
      func encode(into encoder: inout PayloadEncoder) { encoder.fail("It is not asked.") }
    }
    struct Outspoken: Payload {
      static var isBitwise: Bool { false }
      var number: Int
      init(number: Int) { self.number = number }
      init(from decoder: inout PayloadDecoder) throws { number = try -decoder.decode() }
      func encode(into encoder: inout PayloadEncoder) { encoder.encode(-number) }
    }
    #expect(try roundTrip([Inferred(number: 3)])[0].number == 3)
    #expect(!Outspoken.movesAsMemory)
    #expect(try encoded([Outspoken(number: 3)]) == [1] + encoded(-3))
    #expect(try roundTrip(Outspoken(number: 3)).number == 3)
  }
}

private struct Spot: Payload, BitwiseCopyable, Hashable {
  var x: Int32
  var y: Int64
}

private struct Note: Payload, Codable, Hashable {
  var title: String
  var lines: [String]
}

private struct Written: Payload, Hashable {
  var number: Int
  var text: String

  init(number: Int, text: String) {
    self.number = number
    self.text = text
  }

  init(from decoder: inout PayloadDecoder) throws {
    number = try decoder.decode()
    text = try decoder.decode()
  }

  func encode(into encoder: inout PayloadEncoder) {
    encoder.encode(number)
    encoder.encode(text)
  }
}

private struct Refusal<Value: Payload & Hashable>: Error, Payload, Hashable {
  var value: Value
  var notes: [String]

  init(value: Value, notes: [String]) {
    self.value = value
    self.notes = notes
  }

  init(from decoder: inout PayloadDecoder) throws {
    value = try decoder.decode()
    notes = try decoder.decode()
  }

  func encode(into encoder: inout PayloadEncoder) {
    encoder.encode(value)
    encoder.encode(notes)
  }
}
