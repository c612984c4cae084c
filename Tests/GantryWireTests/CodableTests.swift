// Codable types travel in the compact binary coding, whatever shape their coding has.

import TestSupport
import Testing

@testable import GantryWire

@Suite struct CodableTests {
  @Test func synthesizedStructsArriveWithEveryKindOfField() throws {
    try expectCoded(Page.sample)
    var page = Page.sample
    page.nested = .some(.some(3))
    try expectCoded(page)
    page.nested = .none
    page.maybe = nil
    page.absent = "here"
    try expectCoded(page)
    try expectCoded(Blank())
    try expectCoded([Blank(), Blank()])
  }

  @Test func numbersKeepTheirValueAtEveryWidth() throws {
    try expectCoded(
      Numbers(a: .min, b: .max, c: .min, d: .max, e: -.zero, f: .pi, g: .min, h: .max, i: .min))
    try expectCoded(
      Numbers(a: 0, b: 200, c: 70_000, d: 1 << 63, e: 1, f: 2, g: 1 << 100, h: 1 << 127, i: 40_000))
  }

  @Test func enumsArriveWithTheirAssociatedValues() throws {
    for shape in [
      .empty, .circle(radius: 2.5), .polygon(points: [Point(x: 1, y: 2)], closed: false), .labelled("x", 4),
    ]
      as [Shape]
    {
      try expectCoded(shape)
    }
    try expectCoded(Level.high)
    try expectCoded([Level.low, .high])
  }

  @Test func optionalsKeepHowDeepTheyAreEmpty() throws {
    for value in [.none, .some(.none), .some(.some(.none)), .some(.some(.some(4)))] as [Int???] {
      try expectCoded(value)
      try expectCoded([value, value])
      try expectCoded(["key": value])
    }
  }

  @Test func scalarsAndCollectionsArriveOnTheirOwn() throws {
    try expectCoded(5)
    try expectCoded("text")
    try expectCoded([1, 2, 3])
    try expectCoded([[1], [], [2, 3]])
    try expectCoded([Int: String]())
    try expectCoded([1: ["a"], 2: []])
    try expectCoded([Point(x: 1, y: 2): 3])
    try expectCoded([UInt8(1), 2] as Set)
    try expectCoded([true, false])
    try expectCoded([Float(1.5)])
    try expectCoded(1..<4)
    try expectCoded([Level.low: 1])
  }

  @Test func recursiveTypesArrive() throws {
    try expectCoded(Tree.sample)
    var deep = Tree.leaf(0)
    for _ in 0..<120 { deep = .node(deep, .leaf(1)) }
    try expectCoded(deep)
  }

  @Test func classesArriveWithTheirSuperclass() throws {
    let dog = try roundTrip(Dog(name: "Rex", tricks: ["sit", "roll"]))
    #expect(dog.name == "Rex")
    #expect(dog.tricks == ["sit", "roll"])
    let dogs = try roundTrip([Dog(name: "A", tricks: []), Dog(name: "B", tricks: ["x"])])
    #expect(dogs.map(\.name) == ["A", "B"])
    let cat = try roundTrip(Cat(name: "Tom", lives: 9))
    #expect(cat.name == "Tom")
    #expect(cat.lives == 9)
  }

  @Test func nestedContainersWrittenInTurnArrive() throws {
    try expectCoded(Interleaved(a: 1, b: 2, c: 3))
    try expectCoded([Interleaved(a: 1, b: 2, c: 3), Interleaved(a: 4, b: 5, c: 6)])
  }

  @Test func keysMayBeReadInAnyOrderAndArraysElementByElement() throws {
    try expectCoded(Mixture.sample)
    try expectCoded(Mixture(numbers: [], texts: []))
  }

  @Test func manyKeysAreFoundAlthoughReadBackwards() throws {
    try expectCoded(Backwards(count: 2000))
  }

  @Test func aValueThatEncodesNothingFailsWithItsTypeAndPath() throws {
    let direct = #expect(throws: PayloadError.self) { try encoded(Coded(Mute())) }
    #expect(direct?.message.contains("Mute") == true)
    let nested = #expect(throws: PayloadError.self) { try encoded(Holder(inner: [Mute()])) }
    #expect(nested?.message.contains("Mute") == true)
    #expect(nested?.message.contains("inner") == true)
  }

  @Test func aFailedValueLeavesNothingBehindAndTheNextOneTravels() throws {
    var encoder = PayloadEncoder()
    encoder.encode(Page.sample)
    let start = encoder.count
    encoder.encode(Coded(Mute()))
    #expect(encoder.takeFailure() != nil)
    encoder.truncate(to: start)
    encoder.encode(Tree.sample)
    #expect(encoder.failure == nil)
    let bytes = encoder.withBytes { Array($0) }
    try bytes.withUnsafeBytes { bytes in
      var decoder = PayloadDecoder(bytes)
      let page = try decoder.decode(Page.self)
      let tree = try decoder.decode(Tree.self)
      #expect(page == Page.sample)
      #expect(tree == Tree.sample)
    }
  }

  @Test func aFieldWhoseFailureIsSwallowedIsLeftOut() throws {
    try expectCoded(Forgiving())
    try expectCoded([Forgiving(), Forgiving()])
  }

  @Test func keysAreWrittenOnceForManyValues() throws {
    let one = try encoded(Table(rows: [Point(x: 1, y: 2)])).count
    let many = try encoded(Table(rows: Array(repeating: Point(x: 1, y: 2), count: 101))).count
    #expect(many <= one + 100 * 13)
  }

  @Test func containersTooLongForShortLengthsAreWrittenWide() throws {
    let coder = CodableEncoder()
    coder.state.pointee.narrowLimit = 20
    var encoder = PayloadEncoder()
    encoder.codableScratch = coder
    encoder.encode(Page.sample)
    #expect(encoder.failure == nil)
    let bytes = encoder.withBytes { Array($0) }
    #expect(bytes.first == 1)
    #expect(try decoded(Page.self, from: bytes) == Page.sample)
    encoder.truncate(to: 0)
    encoder.encode(Coded(Interleaved(a: 1, b: 2, c: 3)))
    let wide = encoder.withBytes { Array($0) }
    #expect(try decoded(Coded<Interleaved>.self, from: wide).value == Interleaved(a: 1, b: 2, c: 3))
  }

  @Test func aMissingKeyIsNamed() throws {
    let bytes = try encoded(Coded(Small(a: 1)))
    let error = #expect(throws: PayloadError.self) { try decoded(Coded<Large>.self, from: bytes) }
    #expect(error?.message.contains("b") == true)
  }

  @Test func aContainerKeptBeyondItsPassThrowsInsteadOfReading() throws {
    var encoder = PayloadEncoder()
    encoder.encode(Coded(Small(a: 1)))
    let bytes = encoder.withBytes { Array($0) }
    let kept = try decoded(Keeper.self, from: bytes)
    #expect(throws: (any Error).self) {
      try kept.container.decode(Int.self, forKey: CodableKey(stringValue: "a"))
    }
    #expect(throws: (any Error).self) { try kept.decoder.container(keyedBy: CodableKey.self) }
  }

  @Test(arguments: 0..<40 as Range<UInt64>) func randomPagesArrive(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    func points(_ random: inout SeededGenerator) -> [Point] {
      (0..<Int.random(in: 0...5, using: &random)).map { _ in
        Point(
          x: Int(truncatingIfNeeded: random.next()) >> Int.random(in: 0...63, using: &random),
          y: Int(random.next() % 7))
      }
    }
    var page = Page.sample
    page.title = random.text(upTo: 300)
    page.words = (0..<Int.random(in: 0...9, using: &random)).map { _ in random.text(upTo: 20) }
    page.points = points(&random)
    page.byName = Dictionary(
      (0..<Int.random(in: 0...40, using: &random)).map { _ in (random.text(upTo: 90), Point(x: 1, y: 2)) }
    ) { first, _ in first }
    page.byPoint = Dictionary(points(&random).map { ($0, 1) }) { first, _ in first }
    page.maybe = Bool.random(using: &random) ? nil : 3
    try expectCoded(page)
  }
}

struct Table: Payload, Codable {
  var rows: [Point]
}

struct Small: Payload, Codable {
  var a: Int
}

struct Large: Payload, Codable {
  var a: Int
  var b: Int
}

/// Keeps what it must not keep.
struct Keeper: Payload, Codable, @unchecked Sendable {  // Only the tests' own thread touches it.
  let decoder: any Decoder
  let container: KeyedDecodingContainer<CodableKey>

  init(from decoder: any Decoder) throws {
    self.decoder = decoder
    container = try decoder.container(keyedBy: CodableKey.self)
  }

  func encode(to encoder: any Encoder) throws {}
}

/// Writes many keys and reads them from the last to the first.
struct Backwards: Payload, Codable, Equatable {
  var count: Int

  init(count: Int) {
    self.count = count
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodableKey.self)
    count = container.allKeys.count
    for index in (0..<count).reversed() {
      let value = try container.decode(Int.self, forKey: CodableKey(stringValue: "key \(index)"))
      guard value == index else { throw PayloadError("The value of key \(index) is \(value).") }
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodableKey.self)
    for index in 0..<count { try container.encode(index, forKey: CodableKey(stringValue: "key \(index)")) }
  }
}
