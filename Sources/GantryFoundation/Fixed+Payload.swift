// Foundation's values of a fixed size: dates and identifiers as their memory, decimals as their checked memory.
// The driver and its containers are one executable, so a type's layout is the same on both sides.

public import GantryWire

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

extension Date: Payload {
  /// A date is the number of seconds since its reference date: any bits are one.
  @inlinable
  public static var isBitwise: Bool { MemoryLayout<Date>.size == MemoryLayout<Double>.size }

  /// Appends the seconds since the reference date, 8 bytes that keep every bit.
  ///
  /// - Parameter encoder: Receives the bytes.
  @inlinable
  public func encode(into encoder: inout PayloadEncoder) {
    encoder.append(bitwise: timeIntervalSinceReferenceDate)
  }

  /// Reads the seconds since the reference date.
  ///
  /// - Parameter decoder: The cursor to read from.
  /// - Throws: `PayloadError` when fewer than 8 bytes remain.
  @inlinable
  public init(from decoder: inout PayloadDecoder) throws {
    self.init(timeIntervalSinceReferenceDate: try decoder.decodeBitwise(Double.self))
  }
}

extension UUID: Payload {
  /// An identifier is its 16 bytes: any bits are one.
  @inlinable
  public static var isBitwise: Bool { MemoryLayout<UUID>.size == MemoryLayout<uuid_t>.size }

  /// Appends the 16 bytes.
  ///
  /// - Parameter encoder: Receives the bytes.
  @inlinable
  public func encode(into encoder: inout PayloadEncoder) {
    encoder.append(bitwise: uuid)
  }

  /// Reads 16 bytes.
  ///
  /// - Parameter decoder: The cursor to read from.
  /// - Throws: `PayloadError` when fewer remain.
  @inlinable
  public init(from decoder: inout PayloadDecoder) throws {
    self.init(uuid: try decoder.decodeBitwise(uuid_t.self))
  }
}

extension Decimal: Payload {
  /// A decimal says how many of its digits count, which is checked, so it is never copied as memory unseen.
  @inlinable
  public static var isBitwise: Bool { false }

  /// Appends the 20 bytes of its memory, NaN included.
  ///
  /// - Parameter encoder: Receives the bytes.
  public func encode(into encoder: inout PayloadEncoder) {
    if decimalsAreLaidOutAsKnown {
      withUnsafeBytes(of: self) { encoder.append($0) }
    } else {
      encoder.encode(description)
    }
  }

  /// Reads 20 bytes whose number of digits must be possible.
  ///
  /// - Parameter decoder: The cursor to read from.
  /// - Throws: `PayloadError` when the bytes are no decimal.
  public init(from decoder: inout PayloadDecoder) throws {
    guard decimalsAreLaidOutAsKnown else {
      let text = try decoder.decode(String.self)
      guard let value = text == "NaN" ? Decimal.nan : Decimal(string: text) else {
        throw PayloadError("The text \"\(text)\" is not a value of type Decimal.")
      }
      self = value
      return
    }
    let bytes = try decoder.readBytes(count: MemoryLayout<Decimal>.size)
    // The mantissa has eight words; arithmetic on a ninth would read or write beyond it.
    guard bytes[1] >> 4 <= 8 else {
      throw PayloadError(
        "The bytes are not a value of type Decimal: it claims \(bytes[1] >> 4) words of mantissa, and has 8.")
    }
    self = bytes.loadUnaligned(as: Decimal.self)
  }
}

/// Whether a decimal's memory is what the check above takes it for: Foundation does not say, so known values are asked.
private let decimalsAreLaidOutAsKnown: Bool = {
  guard MemoryLayout<Decimal>.size == 20 else { return false }
  func words(_ value: Decimal) -> UInt8 { withUnsafeBytes(of: value) { $0[1] >> 4 } }
  return words(0) == 0 && words(1) == 1 && words(-65_538) == 2 && words(.nan) == 0
    && words(.greatestFiniteMagnitude) == 8
}()
