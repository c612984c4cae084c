// The protocol of everything that travels between the driver and a container, and its three default codings.
// Every type of a function's arguments and results conforms; nothing here may allocate or dispatch
// dynamically for a bitwise type, because the container's loop inlines it.

/// A value that can travel to a container and back as bytes.
///
/// Types that are `BitwiseCopyable` travel as their memory, `Codable` types in a compact binary coding, and a
/// type that is both as memory. Any other type writes its two requirements by hand, in the same order in
/// both:
///
/// ```swift
/// struct Tally: Payload {
///   var word: String
///   var counts: [Int]
///
///   init(from decoder: inout PayloadDecoder) throws {
///     word = try decoder.decode()
///     counts = try decoder.decode()
///   }
///
///   func encode(into encoder: inout PayloadEncoder) {
///     encoder.encode(word)
///     encoder.encode(counts)
///   }
/// }
/// ```
///
/// A bitwise type must hold no pointers. Its padding, `Bool` and enum fields are trusted as written by the
/// program's own function.
///
/// - Important: The compiler infers `BitwiseCopyable` for structs and enums that are not public and hold only bitwise
///   fields. Such a type travels as its memory, and a coding of its own may not be called, unless it says
///   `static var isBitwise: Bool { false }`.
public protocol Payload: Sendable {
  /// Whether values travel as a plain copy of their memory, which lets an array of them move by one copy.
  ///
  /// The default is right, but for a bitwise type with a coding of its own: where this is true, `encode(into:)` and
  /// `init(from:)` may not be called. A type that is not trivially copyable is never moved as memory, whatever it says
  /// here.
  static var isBitwise: Bool { get }

  /// Appends this value to an encoder.
  ///
  /// Cannot throw: a value that has no encoding calls `PayloadEncoder.fail(_:)` and is reported as
  /// undeliverable.
  ///
  /// - Parameter encoder: Receives the bytes.
  func encode(into encoder: inout PayloadEncoder)

  /// Reads a value from a decoder, which holds bytes of another process that may be corrupt.
  ///
  /// - Parameter decoder: The cursor to read from; it is left behind the value.
  /// - Throws: `PayloadError`, or any error of the type's own, when the bytes are no such value.
  init(from decoder: inout PayloadDecoder) throws
}

extension Payload {
  /// A type is not moved as memory unless it is known to be bitwise.
  @inlinable
  public static var isBitwise: Bool { false }

  /// Whether memory copies are both asked for and sound; folds to a constant where `Self` is known.
  @inlinable
  static var movesAsMemory: Bool { isBitwise && _isPOD(Self.self) }
}

extension Payload where Self: BitwiseCopyable {
  /// Values are copied as memory.
  @inlinable
  public static var isBitwise: Bool { true }

  /// Appends the value's memory.
  @inlinable
  public func encode(into encoder: inout PayloadEncoder) {
    encoder.append(bitwise: self)
  }

  /// Reads the value's memory.
  @inlinable
  public init(from decoder: inout PayloadDecoder) throws {
    self = try decoder.decodeBitwise(Self.self)
  }
}

extension Payload where Self: Codable {
  /// Appends the value in the compact binary coding of its `Encodable` conformance.
  @inlinable
  public func encode(into encoder: inout PayloadEncoder) {
    CodableCoding.encode(self, into: &encoder)
  }

  /// Reads the value through its `Decodable` conformance.
  @inlinable
  public init(from decoder: inout PayloadDecoder) throws {
    self = try CodableCoding.decode(Self.self, from: &decoder)
  }
}

extension Payload where Self: Codable & BitwiseCopyable {
  /// Memory is faster than any coding, so a type that is both is copied.
  @inlinable
  public static var isBitwise: Bool { true }

  /// Appends the value's memory.
  @inlinable
  public func encode(into encoder: inout PayloadEncoder) {
    encoder.append(bitwise: self)
  }

  /// Reads the value's memory.
  @inlinable
  public init(from decoder: inout PayloadDecoder) throws {
    self = try decoder.decodeBitwise(Self.self)
  }
}
