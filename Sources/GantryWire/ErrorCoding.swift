// The wire form of an error a function threw: name, message, and its own bytes where its type has a coding.
// The container loop encodes, the driver decodes. Encoding never fails for want of a coding, and a failure to
// rebuild the original costs only `underlying`.

/// Thrown errors to bytes and back.
package enum ErrorCoding {
  /// Messages beyond this many bytes of UTF-8 are trimmed.
  static let longestMessage = 64 << 10
  private static let longestName = 1 << 10
  /// The tag and the two lengths in front of the original.
  private static let longestLengths = 32

  /// Whether and how the original error follows.
  private enum Form: UInt8 {
    case absent
    case payload
    case codable
  }

  /// Appends an error of any type.
  ///
  /// - Parameters:
  ///   - error: What the function threw.
  ///   - encoder: Receives the bytes; it never fails by this.
  ///   - mostBytes: What all of it may take; the name and message travel alone where the original takes more.
  package static func encode(
    _ error: any Error, into encoder: inout PayloadEncoder, mostBytes: Int = .max
  ) {
    encodeOpened(error, into: &encoder, mostBytes)
  }

  /// Reads an error.
  ///
  /// - Parameter decoder: Stands at an encoded error.
  /// - Returns: The name and message, and the original if it could be rebuilt.
  /// - Throws: `PayloadError` when the bytes are no encoded error.
  package static func decode(_ decoder: inout PayloadDecoder) throws -> UserCodeError {
    let typeName = try decoder.readString()
    let message = try decoder.readString()
    let tag = try decoder.decodeBitwise(UInt8.self)
    guard let form = Form(rawValue: tag) else { throw PayloadError.invalid(tag, for: UserCodeError.self) }
    guard form != .absent else { return UserCodeError(typeName: typeName, message: message) }
    let mangled = try decoder.readString()
    let bytes = try decoder.readBytes(count: try decoder.readCount())
    let underlying = rebuild(mangled, form, from: bytes)
    return UserCodeError(typeName: typeName, message: message, underlying: underlying)
  }

  private static func encodeOpened<E: Error>(
    _ error: E, into encoder: inout PayloadEncoder, _ mostBytes: Int
  ) {
    readableName(of: type(of: error)).encode(into: &encoder)
    trimmed(String(describing: error), to: longestMessage).encode(into: &encoder)
    var original = PayloadEncoder()
    let form: Form
    if let error = error as? any (Error & Payload) {
      original.encode(error)
      form = .payload
    } else if let error = error as? any (Error & Codable) {
      CodableCoding.encode(error, into: &original)
      form = .codable
    } else {
      form = .absent
    }
    // Private and local types have no name that another process could look up.
    guard form != .absent, original.failure == nil, let mangled = _mangledTypeName(type(of: error)),
      MangledName.isHarmless(mangled),
      encoder.count + mangled.utf8.count + original.count + longestLengths <= mostBytes
    else {
      encoder.append(bitwise: Form.absent.rawValue)
      return
    }
    encoder.append(bitwise: form.rawValue)
    mangled.encode(into: &encoder)
    encoder.append(count: original.count)
    original.withBytes { encoder.append($0) }
  }

  private static func rebuild(_ mangled: String, _ form: Form, from bytes: UnsafeRawBufferPointer) -> (
    any Error
  )? {
    guard MangledName.isHarmless(mangled), let type = _typeByName(mangled) else { return nil }
    var decoder = PayloadDecoder(bytes)
    switch form {
    case .absent:
      return nil
    case .payload:
      guard let type = type as? any (Error & Payload).Type else { return nil }
      let error = try? type.init(from: &decoder)
      return decoder.isAtEnd ? error : nil
    case .codable:
      guard let type = type as? any (Error & Codable).Type else { return nil }
      let error = try? decodeCodable(type, from: &decoder)
      return decoder.isAtEnd ? error : nil
    }
  }

  private static func decodeCodable<E: Error & Codable>(
    _ type: E.Type, from decoder: inout PayloadDecoder
  ) throws -> any Error {
    try CodableCoding.decode(E.self, from: &decoder)
  }

  /// `MyModule.ParseError`, without the contexts that have no readable name.
  private static func readableName(of type: Any.Type) -> String {
    let full = String(reflecting: type)
    var parts: [Substring] = []
    var depth = 0
    var start = full.startIndex
    for index in full.indices {
      switch full[index] {
      case "(", "<": depth += 1
      case ")", ">": depth -= 1
      case "." where depth == 0:
        parts.append(full[start..<index])
        start = full.index(after: index)
      default: break
      }
    }
    parts.append(full[start...])
    let readable = parts.filter { !$0.hasPrefix("(unknown context") }.joined(separator: ".")
    return trimmed(readable, to: longestName)
  }

  private static func trimmed(_ text: String, to limit: Int) -> String {
    guard text.utf8.count > limit else { return text }
    var end = text.utf8.index(text.startIndex, offsetBy: limit)
    // Back to where a scalar begins.
    while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
    return "\(text[..<end])... (trimmed; the whole text has \(text.utf8.count) bytes)"
  }
}
