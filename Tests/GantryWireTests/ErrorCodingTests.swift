// A thrown error arrives by name and message always, and as itself where its type has a coding.

import Testing

@testable import GantryWire

@Suite struct ErrorCodingTests {
  private func arrived(_ error: any Error) throws -> UserCodeError {
    var encoder = PayloadEncoder()
    ErrorCoding.encode(error, into: &encoder)
    #expect(encoder.failure == nil)
    let bytes = encoder.withBytes { Array($0) }
    return try bytes.withUnsafeBytes { bytes in
      var decoder = PayloadDecoder(bytes)
      let error = try ErrorCoding.decode(&decoder)
      #expect(decoder.isAtEnd)
      return error
    }
  }

  @Test func anErrorWithoutACodingArrivesByNameAndMessage() throws {
    let error = try arrived(PlainError(text: "it broke"))
    #expect(error.typeName == "GantryWireTests.PlainError")
    #expect(error.message == "it broke")
    #expect(error.underlying == nil)
    #expect(error.description.contains("it broke"))
  }

  @Test func aCodableErrorIsRebuilt() throws {
    let error = try arrived(ParseError.unexpected(token: "}", line: 3))
    #expect(error.underlying as? ParseError == .unexpected(token: "}", line: 3))
    #expect(error.typeName == "GantryWireTests.ParseError")
    #expect(try arrived(Outer.Inner(code: 5)).underlying as? Outer.Inner == Outer.Inner(code: 5))
  }

  @Test func aPayloadErrorIsRebuilt() throws {
    #expect(try arrived(SampleFailure(code: 9)).underlying as? SampleFailure == SampleFailure(code: 9))
    #expect(try arrived(GenericError(value: 7)).underlying as? GenericError<Int> == GenericError(value: 7))
  }

  @Test func aLocalErrorTypeIsNamedReadably() throws {
    struct LocalError: Error, Codable {
      var code = 1
    }
    let error = try arrived(LocalError())
    #expect(error.typeName.hasPrefix("GantryWireTests."))
    #expect(error.typeName.hasSuffix("LocalError"))
    #expect(!error.typeName.contains("unknown context"))
    // The runtime knows no name for it that could be looked up.
    #expect(error.underlying == nil)
  }

  @Test func anErrorWhoseOwnCodingFailsStillArrives() throws {
    let error = try arrived(UnencodableError())
    #expect(error.message == "no coding")
    #expect(error.underlying == nil)
  }

  @Test func anEmptyMessageIsStillAnError() throws {
    #expect(try arrived(PlainError(text: "")).message.isEmpty)
  }

  @Test func veryLongMessagesAreTrimmedWithANote() throws {
    for character in ["x", "\u{1F600}", "e\u{301}"] {
      let text = String(repeating: character, count: 1 << 20)
      let message = try arrived(PlainError(text: text)).message
      #expect(message.utf8.count < ErrorCoding.longestMessage + 100)
      #expect(message.contains("trimmed"))
      #expect(message.contains("\(text.utf8.count)"))
    }
  }

  @Test func corruptErrorsNeverCrash() throws {
    for error in [ParseError.empty, PlainError(text: "x"), GenericError(value: 3), SampleFailure(code: 1)]
      as [any Error]
    {
      var encoder = PayloadEncoder()
      ErrorCoding.encode(error, into: &encoder)
      let bytes = encoder.withBytes { Array($0) }
      for index in bytes.indices {
        for flip in 1...255 as ClosedRange<UInt8> {
          var wrong = bytes
          wrong[index] ^= flip
          wrong.withUnsafeBytes { bytes in
            var decoder = PayloadDecoder(bytes)
            _ = try? ErrorCoding.decode(&decoder)
          }
        }
        bytes[..<index].withUnsafeBytes { bytes in
          var decoder = PayloadDecoder(bytes)
          #expect(throws: (any Error).self) { try ErrorCoding.decode(&decoder) }
        }
      }
    }
  }

  @Test func namesThatCouldHarmTheRuntimeAreRefused() {
    for name in [
      "", "\u{1}abcd", "4main3Foo\u{1F}V", "4main$56159fceb4a8yXZ3FooV", "4m\u{E9}n", "SiSgA1000_t",
    ] {
      #expect(!MangledName.isHarmless(name))
    }
    #expect(!MangledName.isHarmless(String(repeating: "AA_t", count: 100)))
    #expect(!MangledName.isHarmless(String(repeating: "y", count: 2000)))
    #expect(MangledName.isHarmless("8MyModule10ParseErrorV"))
    #expect(MangledName.isHarmless("6Gantry0A5ErrorO"))
  }

  @Test func anUnknownTypeCostsOnlyTheOriginal() throws {
    var encoder = PayloadEncoder()
    encoder.encode("Gone.Type")
    encoder.encode("message")
    encoder.append(bitwise: 2 as UInt8)
    encoder.encode("4Gone4TypeV")
    encoder.append(count: 0)
    let bytes = encoder.withBytes { Array($0) }
    let error = try bytes.withUnsafeBytes { bytes in
      var decoder = PayloadDecoder(bytes)
      return try ErrorCoding.decode(&decoder)
    }
    #expect(error.underlying == nil)
    #expect(error.message == "message")
  }
}

struct PlainError: Error, CustomStringConvertible {
  var text: String
  var description: String { text }
}

enum ParseError: Error, Codable, Equatable {
  case empty
  case unexpected(token: String, line: Int)
}

enum Outer {
  struct Inner: Error, Codable, Equatable {
    var code: Int
  }
}

struct GenericError<Value: Codable & Sendable & Equatable>: Error, Payload, Codable, Equatable {
  var value: Value
}

struct UnencodableError: Error, Codable, CustomStringConvertible {
  init() {}
  init(from decoder: any Decoder) throws {}
  func encode(to encoder: any Encoder) throws { throw PlainError(text: "never") }
  var description: String { "no coding" }
}
