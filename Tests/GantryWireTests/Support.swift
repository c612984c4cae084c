// Helpers of the wire tests: random text, round trips through lent and owned memory, and corruption.
// Everything is deterministic; a failing seed fails again.

import TestSupport
import Testing

@testable import GantryWire

extension SeededGenerator {
  mutating func text(upTo count: Int) -> String {
    let alphabet: [Character] = ["a", "Z", "0", " ", "\u{E9}", "\u{4E16}", "\u{1F600}", "e\u{301}", "\0"]
    return String((0..<Int.random(in: 0...count, using: &self)).map { _ in alphabet[Int(next() % 9)] })
  }
}

/// The bytes of a value, encoded on the encoder's own heap.
func encoded<P: Payload>(_ value: P) throws -> [UInt8] {
  var encoder = PayloadEncoder()
  encoder.encode(value)
  if let failure = encoder.failure { throw PayloadError(failure) }
  return encoder.withBytes { Array($0) }
}

/// The value of bytes, which must all be used.
func decoded<P: Payload>(_ type: P.Type, from bytes: [UInt8]) throws -> P {
  try bytes.withUnsafeBytes { bytes in
    var decoder = PayloadDecoder(bytes)
    let value = try decoder.decode(P.self)
    #expect(decoder.isAtEnd)
    return value
  }
}

/// Encodes and decodes through every kind of memory: owned, lent and large enough, lent and too small.
func roundTrip<P: Payload>(_ value: P) throws -> P {
  let bytes = try encoded(value)
  for capacity in [bytes.count + 1, bytes.count, max(bytes.count - 1, 0), 0] {
    withUnsafeTemporaryAllocation(byteCount: max(capacity, 1), alignment: 16) { memory in
      guard let base = memory.baseAddress else { return }
      var encoder = PayloadEncoder(writingAt: base, capacity: capacity)
      encoder.encode(value)
      #expect(encoder.failure == nil)
      // A value may need more room on the way than in the end.
      #expect(encoder.isSpilled || encoder.count <= capacity)
      encoder.withBytes { #expect($0.count == bytes.count) }
    }
  }
  return try decoded(P.self, from: bytes)
}

func expectRoundTrip<P: Payload & Equatable>(
  _ value: P, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let back = try roundTrip(value)
  #expect(back == value, sourceLocation: sourceLocation)
}

/// Decodes every truncation and every corruption of a sample; each must end in a value or an error, never a
/// crash.
func expectSurvivesCorruption<P: Payload>(
  _ value: P, seed: UInt64 = 1, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let bytes = try encoded(value)
  for count in 0..<bytes.count {
    let truncated = Array(bytes[..<count])
    truncated.withUnsafeBytes { bytes in
      var decoder = PayloadDecoder(bytes)
      _ = try? decoder.decode(P.self)
    }
  }
  var random = SeededGenerator(seed: seed)
  for index in bytes.indices {
    for flip in [0x01, 0x80, 0xFF, 0x7F, UInt8.random(in: 1...255, using: &random)] as [UInt8] {
      var wrong = bytes
      wrong[index] ^= flip
      wrong.withUnsafeBytes { bytes in
        var decoder = PayloadDecoder(bytes)
        _ = try? decoder.decode(P.self)
      }
    }
  }
}

/// Sends any Codable value through the Codable coding: small structs would otherwise travel as their memory.
struct Coded<Value: Codable & Sendable>: Payload {
  let value: Value

  init(_ value: Value) {
    self.value = value
  }

  init(from decoder: inout PayloadDecoder) throws {
    value = try CodableCoding.decode(Value.self, from: &decoder)
  }

  func encode(into encoder: inout PayloadEncoder) {
    CodableCoding.encode(value, into: &encoder)
  }
}

func expectCoded<Value: Codable & Sendable & Equatable>(
  _ value: Value, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let back = try roundTrip(Coded(value)).value
  #expect(back == value, sourceLocation: sourceLocation)
}
