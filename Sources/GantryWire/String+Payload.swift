// Text travels as a length and UTF-8, and is validated on arrival: no unchecked bytes ever become a String.
// Strings, substrings and characters share one form.

extension String: Payload {
  /// Appends the length and the UTF-8 bytes; one copy for native strings.
  @inlinable
  public func encode(into encoder: inout PayloadEncoder) {
    let written: Void? = utf8.withContiguousStorageIfAvailable { encoder.append(utf8: $0) }
    if written == nil { encoder.append(bridged: self) }
  }

  /// Reads and validates UTF-8.
  @inlinable
  public init(from decoder: inout PayloadDecoder) throws {
    self = try decoder.readString()
  }
}

extension Substring: Payload {
  /// Appends the length and the UTF-8 bytes of the slice alone.
  @inlinable
  public func encode(into encoder: inout PayloadEncoder) {
    let written: Void? = utf8.withContiguousStorageIfAvailable { encoder.append(utf8: $0) }
    if written == nil { encoder.append(bridged: String(self)) }
  }

  /// Reads and validates UTF-8.
  @inlinable
  public init(from decoder: inout PayloadDecoder) throws {
    self = Substring(try decoder.readString())
  }
}

extension Character: Payload {
  /// Appends the character as text.
  @inlinable
  public func encode(into encoder: inout PayloadEncoder) {
    String(self).encode(into: &encoder)
  }

  /// Reads text that must be exactly one character.
  @inlinable
  public init(from decoder: inout PayloadDecoder) throws {
    let text = try decoder.readString()
    guard let first = text.first, text.index(after: text.startIndex) == text.endIndex else {
      throw PayloadError.malformed(Character.self, "the text does not have exactly one character")
    }
    self = first
  }
}

extension PayloadEncoder {
  @inlinable
  mutating func append(utf8 bytes: UnsafeBufferPointer<UInt8>) {
    append(count: bytes.count)
    append(UnsafeRawBufferPointer(bytes))
  }

  /// A string whose storage is not UTF-8 in one piece is made so first.
  @usableFromInline @inline(never)
  mutating func append(bridged text: String) {
    var native = text
    native.withUTF8 { append(utf8: $0) }
  }
}

extension PayloadDecoder {
  @usableFromInline
  mutating func readString() throws(PayloadError) -> String {
    let count = try readCount()
    let text = try readBytes(count: count)
    guard let string = String(checking: text) else {
      throw .malformed(String.self, "its \(count) bytes are not valid UTF-8")
    }
    return string
  }
}

extension String {
  /// Makes a string of bytes that must be valid UTF-8.
  ///
  /// `String(validating:as:)` takes five times as long; a repaired string differs from its bytes, so
  /// comparing them is a validation too. ASCII is never repaired.
  init?(checking bytes: UnsafeRawBufferPointer) {
    var text = String(decoding: bytes.assumingMemoryBound(to: UInt8.self), as: UTF8.self)
    if isASCII(bytes) {
      self = text
      return
    }
    let isSame = text.withUTF8 {
      $0.count == bytes.count && sameBytes($0.baseAddress, bytes.baseAddress, count: bytes.count)
    }
    guard isSame else { return nil }
    self = text
  }
}

/// Whether no byte has its highest bit.
@inline(__always)
private func isASCII(_ bytes: UnsafeRawBufferPointer) -> Bool {
  guard let base = bytes.baseAddress else { return true }
  var seen: UInt64 = 0
  var offset = 0
  while offset &+ 8 <= bytes.count {
    seen |= base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    offset &+= 8
  }
  while offset < bytes.count {
    seen |= UInt64(base.load(fromByteOffset: offset, as: UInt8.self))
    offset &+= 1
  }
  return seen & 0x8080_8080_8080_8080 == 0
}
