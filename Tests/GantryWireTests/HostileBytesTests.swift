// Bytes of another process never crash the decoder, never make it allocate by a claimed length, never nest it
// deep.

import TestSupport
import Testing

@testable import GantryWire

@Suite struct HostileBytesTests {
  private let huge: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]

  @Test func lengthsBeyondTheInputAreRefusedBeforeAnythingIsAllocated() {
    #expect(throws: PayloadError.self) { try decoded([Int].self, from: huge) }
    #expect(throws: PayloadError.self) { try decoded([String].self, from: huge) }
    #expect(throws: PayloadError.self) { try decoded([Bool].self, from: huge) }
    #expect(throws: PayloadError.self) { try decoded(String.self, from: huge) }
    #expect(throws: PayloadError.self) { try decoded(Set<Int>.self, from: huge) }
    #expect(throws: PayloadError.self) { try decoded([Int: Int].self, from: huge) }
    #expect(throws: PayloadError.self) { try decoded([[[Int]]].self, from: huge) }
    // A count that fits the bytes left, of elements that are far larger.
    #expect(throws: PayloadError.self) { try decoded([SIMD64<UInt64>].self, from: [3] + huge) }
  }

  @Test func lengthPrefixesWithMoreThanSixtyFourBitsAreRefused() {
    let tooLong = [UInt8](repeating: 0xFF, count: 9) + [0x02]
    #expect(throws: PayloadError.self) { try decoded([Int].self, from: tooLong) }
    #expect(throws: PayloadError.self) { try decoded([Int].self, from: [UInt8](repeating: 0x80, count: 40)) }
  }

  @Test func duplicatesInHashedCollectionsAreRefused() throws {
    let twice = try encoded([1, 1])
    #expect(throws: PayloadError.self) { try decoded(Set<Int>.self, from: twice) }
    let pairs = [2] + (try encoded(1)) + (try encoded(1)) + (try encoded(1)) + (try encoded(1))
    #expect(throws: PayloadError.self) { try decoded([Int: Int].self, from: pairs) }
  }

  @Test func truncatedAndFlippedBytesNeverCrash() throws {
    try expectSurvivesCorruption(42)
    try expectSurvivesCorruption("some text, \u{1F600}")
    try expectSurvivesCorruption(["a", "bc", ""])
    try expectSurvivesCorruption([1: ["x": [true, false]], 2: [:]])
    try expectSurvivesCorruption(Set(["a", "b"]))
    try expectSurvivesCorruption([Optional(1...3), nil])
    try expectSurvivesCorruption(Result<[Character], SampleFailure>.success(["a"]))
    try expectSurvivesCorruption(Page.sample)
    try expectSurvivesCorruption(Coded(Shape.polygon(points: [.init(x: 1, y: 2)], closed: true)))
    try expectSurvivesCorruption(Coded([1: Int??.some(.none)]))
    try expectSurvivesCorruption(Tree.sample)
    try expectSurvivesCorruption(Coded(Interleaved(a: 1, b: 2, c: 3)))
    try expectSurvivesCorruption(Coded([Forgiving(), Forgiving()]))
    try expectSurvivesCorruption(Mixture.sample)
  }

  @Test(arguments: 0..<200 as Range<UInt64>) func randomBytesNeverCrash(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var bytes = (0..<Int.random(in: 0...300, using: &random)).map { _ in
      Bool.random(using: &random)
        ? UInt8.random(in: 0...20, using: &random) : UInt8.random(in: 0...255, using: &random)
    }
    if !bytes.isEmpty { bytes[0] = UInt8.random(in: 0...1, using: &random) }
    bytes.withUnsafeBytes { bytes in
      func attempt<P: Payload>(_ type: P.Type) {
        var decoder = PayloadDecoder(bytes)
        _ = try? decoder.decode(P.self)
      }
      attempt(Page.self)
      attempt(Tree.self)
      attempt(Shape.self)
      attempt(Mixture.self)
      attempt([String: [Int?]].self)
      var decoder = PayloadDecoder(bytes)
      _ = try? ErrorCoding.decode(&decoder)
    }
  }

  @Test func valuesThatNestTooDeepFailInsteadOfOverflowingTheStack() throws {
    var chain = Chain(next: nil)
    for _ in 0..<2000 { chain = Chain(next: chain) }
    #expect(throws: PayloadError.self) { try encoded(chain) }
    var tree = Tree.leaf(1)
    for _ in 0..<2000 { tree = .node(tree, .leaf(0)) }
    #expect(throws: PayloadError.self) { try encoded(tree) }
    let ones = [UInt8](repeating: 1, count: 100_000)
    ones.withUnsafeBytes { bytes in
      var decoder = PayloadDecoder(bytes)
      #expect(throws: PayloadError.self) { try decoder.decode(Chain.self) }
    }
  }
}

/// A payload written by hand that nests without bound.
final class Chain: Payload {
  let next: Chain?

  init(next: Chain?) {
    self.next = next
  }

  init(from decoder: inout PayloadDecoder) throws {
    next = try decoder.decode()
  }

  func encode(into encoder: inout PayloadEncoder) {
    encoder.encode(next)
  }
}
