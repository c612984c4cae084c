// Sums travel as one checked tag byte and what it stands for: Optional and Result.
// Any other tag is refused, since the bytes come from another process.

extension Optional: Payload where Wrapped: Payload {
  /// The tag is checked, so an optional is never copied as memory.
  @inlinable
  public static var isBitwise: Bool { false }

  /// Appends 0, or 1 and the value.
  @inlinable
  public func encode(into encoder: inout PayloadEncoder) {
    switch self {
    case .none:
      encoder.append(bitwise: 0 as UInt8)
    case .some(let wrapped):
      encoder.append(bitwise: 1 as UInt8)
      encoder.encode(wrapped)
    }
  }

  /// Reads the tag and then the value.
  @inlinable
  public init(from decoder: inout PayloadDecoder) throws {
    switch try decoder.decodeBitwise(UInt8.self) {
    case 0: self = .none
    case 1: self = .some(try decoder.decode())
    case let tag: throw PayloadError.invalid(tag, for: Self.self)
    }
  }
}

extension Result: Payload where Success: Payload, Failure: Payload {
  /// The tag is checked, so a result is never copied as memory.
  @inlinable
  public static var isBitwise: Bool { false }

  /// Appends 0 and the success, or 1 and the failure.
  @inlinable
  public func encode(into encoder: inout PayloadEncoder) {
    switch self {
    case .success(let value):
      encoder.append(bitwise: 0 as UInt8)
      encoder.encode(value)
    case .failure(let error):
      encoder.append(bitwise: 1 as UInt8)
      encoder.encode(error)
    }
  }

  /// Reads the tag and then the success or the failure.
  @inlinable
  public init(from decoder: inout PayloadDecoder) throws {
    switch try decoder.decodeBitwise(UInt8.self) {
    case 0: self = .success(try decoder.decode())
    case 1: self = .failure(try decoder.decode())
    case let tag: throw PayloadError.invalid(tag, for: Self.self)
    }
  }
}

extension Never: Payload {
  /// There is no value whose memory could be copied.
  @inlinable
  public static var isBitwise: Bool { false }

  /// Cannot be called: there is no value.
  @inlinable
  public func encode(into encoder: inout PayloadEncoder) {}

  /// Throws: `Never` stands in types, as in `Result<Int, Never>`, and no bytes are a value of it.
  @inlinable
  public init(from decoder: inout PayloadDecoder) throws {
    throw PayloadError("No bytes are a value of type Never.")
  }
}
