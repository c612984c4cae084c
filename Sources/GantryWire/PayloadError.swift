// The one error of decoding: what was wrong with the bytes, as a sentence.
// Thrown on cold paths only; its makers are kept out of line so that the hot ones stay small.

/// Bytes that are no value of the wanted type, or a value that has no encoding.
public struct PayloadError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was wrong, as a full sentence.
  public let message: String

  /// Makes an error.
  ///
  /// - Parameter message: A full sentence that names the type and the value.
  public init(_ message: String) {
    self.message = message
  }

  /// The message.
  public var description: String { message }
}

extension PayloadError: Payload {
  /// Appends the message.
  @inlinable
  public func encode(into encoder: inout PayloadEncoder) { encoder.encode(message) }

  /// Reads the message.
  @inlinable
  public init(from decoder: inout PayloadDecoder) throws { self.init(try decoder.decode(String.self)) }
}

extension PayloadError {
  @usableFromInline @inline(never)
  static func truncated(needed: Int, remaining: Int) -> PayloadError {
    PayloadError("The encoded value ends early: \(needed) bytes are needed and \(remaining) remain.")
  }

  @usableFromInline @inline(never)
  static func oversized(_ count: UInt64, of what: String, remaining: Int) -> PayloadError {
    PayloadError(
      "The encoded value claims \(count) \(what), more than the \(remaining) bytes that remain could hold.")
  }

  @usableFromInline @inline(never)
  static func malformedLength() -> PayloadError {
    PayloadError("The encoded value has a length prefix that is no 64-bit number.")
  }

  @usableFromInline @inline(never)
  static func invalid(_ byte: UInt8, for type: Any.Type) -> PayloadError {
    PayloadError("The byte \(byte) is not the beginning of a value of type \(type).")
  }

  @usableFromInline @inline(never)
  static func malformed(_ type: Any.Type, _ reason: String) -> PayloadError {
    PayloadError("The bytes are not a value of type \(type): \(reason).")
  }

  @usableFromInline @inline(never)
  static func tooDeep(_ type: Any.Type) -> PayloadError {
    PayloadError(tooDeepMessage(type))
  }

  @usableFromInline @inline(never)
  static func tooDeepMessage(_ type: Any.Type) -> String {
    "A value of type \(type) nests deeper than \(PayloadNesting.limit) levels; flatten it before it travels."
  }
}

/// How deep values may nest: deep enough for data, shallow enough for any thread's stack.
@usableFromInline
enum PayloadNesting {
  @inlinable
  static var limit: Int { 512 }
}
