// Foundation's values arrive as they were sent, and bytes that are none of them are refused.

import Foundation
import GantryFoundation
import Testing

@testable import GantryWire

@Suite struct FoundationPayloadTests {
  @Test func dataArrivesWhateverItIsASliceOf() throws {
    try expectRoundTrip(Data())
    try expectRoundTrip(Data([1]))
    try expectRoundTrip(Data((0..<100_000).map { UInt8(truncatingIfNeeded: $0) }))
    let slice = Data(0..<200)[50..<150]
    let back = try roundTrip(slice)
    #expect(back == slice)
    #expect(back.startIndex == 0)
    try expectRoundTrip(["a": [Data([1, 2]), nil], "b": []])
  }

  @Test func dataThatEndsEarlyIsRefused() {
    #expect(throws: PayloadError.self) { try decoded(Data.self, from: [5, 1, 2]) }
    #expect(throws: PayloadError.self) { try decoded(Data.self, from: [0xFF, 0xFF, 0xFF, 0xFF, 0x7F]) }
  }

  @Test func datesKeepEveryBit() throws {
    for seconds in [0, -0.0, 1.5, -1e18, 781_234_567.123_456_7, .infinity, .nan, .leastNonzeroMagnitude] {
      let back = try roundTrip(Date(timeIntervalSinceReferenceDate: seconds))
      #expect(back.timeIntervalSinceReferenceDate.bitPattern == seconds.bitPattern)
    }
    try expectRoundTrip([Date.distantPast, .distantFuture, .now])
    #expect(Date.movesAsMemory)
  }

  @Test func identifiersArrive() throws {
    try expectRoundTrip(UUID())
    let several = (0..<50).map { _ in UUID() }
    try expectRoundTrip(several)
    try expectRoundTrip(Set(several))
    #expect(UUID.movesAsMemory)
  }

  @Test func urlsKeepTheirTextAndTheirBase() throws {
    let base = try #require(URL(string: "http://example.org/a/b?c=d#e"))
    let urls = [
      base, URL(string: "../x", relativeTo: base), URL(string: "http://example.org/é ü?q=a b"),
      URL(string: "mailto:somebody@example.org"), URL(string: "data:,text"), URL(string: "http://[::1]:80/"),
      URL(string: "?only=query"), URL(string: "#only-fragment"), URL(string: "http://müller.example/"),
      URL(string: "a%20b%2Fc"), URL(string: "//host/path"),
    ]
    for url in urls {
      let url = try #require(url)
      let back = try roundTrip(url)
      #expect(back == url)
      #expect(back.relativeString == url.relativeString)
      #expect(back.baseURL == url.baseURL)
      #expect(back.absoluteString == url.absoluteString)
    }
    for path in ["/", "/a b/é.txt", "/directory/", "relative/file", ".", "/100%/#?"] {
      let url = URL(fileURLWithPath: path)
      let back = try roundTrip(url)
      #expect(back == url)
      #expect(back.path == url.path)
      #expect(back.hasDirectoryPath == url.hasDirectoryPath)
    }
  }

  @Test func textThatIsNoURLIsRefused() throws {
    for text in ["", "http://[::1", "a b", "%zz"] {
      let bytes = try encoded(text) + [0]
      #expect(throws: PayloadError.self) { try decoded(URL.self, from: bytes) }
    }
  }

  @Test func decimalsArriveExactly() throws {
    let texts = ["0", "1", "-1", "0.1", "-123456789.987654321", "1e-128", "65535", "65536", "-1e127"]
    for text in texts { try expectRoundTrip(try #require(Decimal(string: text))) }
    for value in [Decimal.greatestFiniteMagnitude, .leastFiniteMagnitude, .leastNonzeroMagnitude, .pi] {
      try expectRoundTrip(value)
    }
    #expect(try roundTrip(Decimal.nan).isNaN)
    try expectRoundTrip([Decimal(1), 2, 3])
    try expectRoundTrip([Decimal(1): "one"])
    #expect(try encoded(Decimal.pi).count == 20, "The memory of a decimal is not the one it is checked by.")
  }

  @Test func decimalsWithMoreDigitsThanTheyHaveRoomForAreRefused() throws {
    for words in 9...15 as ClosedRange<UInt8> {
      var bytes = try encoded(Decimal.pi)
      bytes[1] = bytes[1] & 0x0F | words << 4
      #expect(throws: PayloadError.self) { try decoded(Decimal.self, from: bytes) }
    }
  }

  @Test func truncatedAndFlippedBytesNeverCrash() throws {
    try expectSurvivesCorruption(Data([1, 2, 3]))
    try expectSurvivesCorruption(Date(timeIntervalSinceReferenceDate: 1))
    try expectSurvivesCorruption(UUID())
    try expectSurvivesCorruption(Decimal.pi)
    try expectSurvivesCorruption(URL(string: "x/é", relativeTo: URL(string: "http://example.org/%C3%A9")))
    // What arrived although bytes were flipped must be usable.
    for _ in 0..<5_000 {
      var bytes = (0..<20).map { _ in UInt8.random(in: 0...255) }
      bytes[0] = UInt8.random(in: 0...3)
      guard let value = try? decoded(Decimal.self, from: bytes) else { continue }
      _ = [value.description, "\(value < 1)", "\(value + 1)"]
    }
  }
}
