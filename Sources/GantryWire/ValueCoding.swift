// How a function's inputs and outputs lie in a chunk or a record: packed one behind the other, or each in a frame.
// Chosen statically from the function's types, the same in the driver and in its containers.

/// The coding of a function's argument list or result, known where the function is written.
///
/// `width` is the distance of packed values, 0 for `Void`, or `framed`.
@_documentation(visibility: internal)
public protocol ValueCoding: SendableMetatype {
  /// What is coded.
  associatedtype Value

  /// Bytes from one packed value to the next, or `framed` when values differ in size.
  static var width: Int { get }

  /// Appends one value.
  static func encode(_ value: Value, into encoder: inout PayloadEncoder)

  /// Reads one value.
  static func decode(from decoder: inout PayloadDecoder) throws -> Value
}

/// The width of values that are framed: each behind its length.
@_documentation(visibility: internal)
public var framed: Int {
  @inlinable get { -1 }
}

/// Packed values wider than this are framed, so that a completion ring always holds many.
@usableFromInline package var widestPacked: Int {
  @inlinable get { 1024 }
}

@inlinable
func packedWidth<Value>(_ type: Value.Type, bitwise: Bool) -> Int {
  bitwise && MemoryLayout<Value>.stride <= widestPacked ? MemoryLayout<Value>.stride : framed
}

/// One payload.
@_documentation(visibility: internal)
public enum SingleCoding<P: Payload>: ValueCoding {
  /// The payload.
  public typealias Value = P

  /// The payload's stride if it is bitwise.
  @inlinable
  public static var width: Int { packedWidth(P.self, bitwise: P.movesAsMemory) }

  /// Appends one value.
  @inlinable
  public static func encode(_ value: P, into encoder: inout PayloadEncoder) { encoder.encode(value) }

  /// Reads one value.
  @inlinable
  public static func decode(from decoder: inout PayloadDecoder) throws -> P { try decoder.decode() }
}

/// Several payloads, as a tuple.
@_documentation(visibility: internal)
public struct TupleCoding<each P: Payload>: ValueCoding {
  /// The tuple.
  public typealias Value = (repeat each P)

  /// The tuple's stride if all its elements are bitwise.
  @inlinable
  public static var width: Int {
    var bitwise = true
    for type in repeat (each P).self {
      if !type.movesAsMemory { bitwise = false }
    }
    return packedWidth((repeat each P).self, bitwise: bitwise)
  }

  /// Appends the elements in order.
  @inlinable
  public static func encode(_ value: (repeat each P), into encoder: inout PayloadEncoder) {
    repeat encoder.encode(each value)
  }

  /// Reads the elements in order.
  @inlinable
  public static func decode(from decoder: inout PayloadDecoder) throws -> (repeat each P) {
    (repeat try decoder.decode((each P).self))
  }
}

/// Nothing: the result of a function that is called for its effects.
@_documentation(visibility: internal)
public enum VoidCoding: ValueCoding {
  /// Nothing.
  public typealias Value = Void

  /// Takes no bytes.
  @inlinable
  public static var width: Int { 0 }

  /// Appends nothing.
  @inlinable
  public static func encode(_ value: Void, into encoder: inout PayloadEncoder) {}

  /// Reads nothing.
  @inlinable
  public static func decode(from decoder: inout PayloadDecoder) throws {}
}

extension ValueCoding {
  /// Appends a value as it lies in a chunk or record: packed, or behind its length.
  @inlinable
  package static func append(_ value: Value, to encoder: inout PayloadEncoder) {
    let width = Self.width
    if width == framed {
      let start = encoder.beginFrame()
      encode(value, into: &encoder)
      encoder.endFrame(start)
    } else if width > 0 {
      withUnsafeBytes(of: value) { bytes in
        encoder.append(upTo: width) { target in
          target.copyMemory(from: bytes)
          return width
        }
      }
    }
  }
}

extension PayloadEncoder {
  /// Leaves room for a length; `endFrame` fills it.
  @inlinable
  package mutating func beginFrame() -> Int {
    let start = count
    append(bitwise: UInt32(0))
    return start
  }

  /// Writes the length of what was appended since `beginFrame`.
  @inlinable
  package mutating func endFrame(_ start: Int) {
    let length = count &- start &- 4
    if length < Int(UInt32.max) {
      patch(UInt32(truncatingIfNeeded: length), at: start)
    } else {
      endLongFrame(start, length)
    }
  }

  @usableFromInline
  mutating func endLongFrame(_ start: Int, _ length: Int) {
    patch(UInt32.max, at: start)
    withUnsafeBytes(of: UInt64(length)) { insert($0, at: start + 4) }
  }
}

/// Walks frames; stops at the first that does not fit the bytes.
@frozen
@_documentation(visibility: internal)
public struct FrameReader {
  @usableFromInline let bytes: UnsafeRawBufferPointer

  // Where the next frame begins.
  @usableFromInline package var offset = 0

  /// Reads frames from bytes that outlive the reader.
  @inlinable
  package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// The contents of the next frame; nil at the end, or where the bytes hold no whole frame.
  @inlinable
  package mutating func next() -> UnsafeRawBufferPointer? {
    let left = bytes.count &- offset
    guard left >= 4 else { return nil }
    var header = 4
    var length = Int(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    if length == Int(UInt32.max) {
      guard left >= 12 else { return nil }
      let long = bytes.loadUnaligned(fromByteOffset: offset &+ 4, as: UInt64.self)
      guard let exact = Int(exactly: long) else { return nil }
      header = 12
      length = exact
    }
    guard length <= left &- header else { return nil }
    let start = offset &+ header
    offset = start &+ length
    return UnsafeRawBufferPointer(rebasing: bytes[start..<offset])
  }

  /// Passes `count` frames; false where there are fewer.
  @inlinable
  package mutating func skip(_ count: Int) -> Bool {
    for _ in 0..<count where next() == nil { return false }
    return true
  }
}
