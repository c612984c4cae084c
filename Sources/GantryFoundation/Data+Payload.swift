// Data travels as a length and its bytes: one copy out of it, one copy into it, whatever the region it is a slice of.

public import GantryWire

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

extension Data: Payload {
  /// Data is a reference to its bytes, never copied as memory itself.
  @inlinable
  public static var isBitwise: Bool { false }

  /// Appends the count and the bytes; one copy.
  ///
  /// - Parameter encoder: Receives the bytes.
  public func encode(into encoder: inout PayloadEncoder) {
    encoder.append(count: count)
    withUnsafeBytes { encoder.append($0) }
  }

  /// Reads a count, bounded by the bytes that remain, and the bytes; one copy.
  ///
  /// Its indices begin at 0, whatever those of the original were.
  ///
  /// - Parameter decoder: The cursor to read from.
  /// - Throws: `PayloadError` when fewer bytes remain.
  public init(from decoder: inout PayloadDecoder) throws {
    let bytes = try decoder.readBytes(count: try decoder.readCount())
    self = bytes.baseAddress.map { Data(bytes: $0, count: bytes.count) } ?? Data()
  }
}
