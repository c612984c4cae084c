// A URL travels as the text it was made of, and its base if it has one: both are what makes it equal to another.
// The text is parsed again on arrival, and refused unless it gives the same text back.

public import GantryWire

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

extension URL: Payload {
  /// A URL is a reference to its text, never copied as memory itself.
  @inlinable
  public static var isBitwise: Bool { false }

  /// Appends the text relative to the base, and the base.
  ///
  /// - Parameter encoder: Receives the bytes.
  public func encode(into encoder: inout PayloadEncoder) {
    encoder.encode(relativeString)
    encoder.encode(baseURL)
  }

  /// Reads and parses the text and the base; parsing is most of the cost.
  ///
  /// - Parameter decoder: The cursor to read from.
  /// - Throws: `PayloadError` when the text is no URL.
  public init(from decoder: inout PayloadDecoder) throws {
    let text = try decoder.decode(String.self)
    let base = try decoder.decode(URL?.self)
    guard let url = URL(string: text, relativeTo: base), url.relativeString == text else {
      throw PayloadError("The text \"\(text.prefix(200))\" is not a value of type URL.")
    }
    self = url
  }
}
