// The bytes of the binary coding of Codable values: one kind byte, then what the kind says. A keyed container
// is a run of (key, value), an unkeyed one a run of values, each behind its length, so that a decoder can
// step over any value. A key is its text, or the position where the same text stands already.

/// What a value's first byte says about the rest of it.
enum CodableKind: UInt8 {
  case null
  case no
  case yes
  /// Integers of any type take the narrowest of these that holds them, sign-extended.
  case integer8
  case integer16
  case integer32
  case integer64
  case integer128
  /// Integers above the largest signed one of their width.
  case unsigned64
  case unsigned128
  case float
  case double
  /// A length and UTF-8.
  case text
  /// An optional that is present and holds what follows: keeps `.some(.none)` from `.none`.
  case some
  /// The keyed container: its length and its pairs of key and value.
  case keyed
  /// The unkeyed container: its length and its values.
  case unkeyed
  /// An array in its payload form: its length, a byte that names the element type, the payload.
  case block
}

/// How one pass over a value is written; a pass that meets the limits of one way is repeated in the next.
struct CodableMode: Equatable {
  /// Lengths of containers take eight bytes and not four.
  var isWide = false
  /// Nested containers get buffers of their own, because the value writes several of them in turn.
  var isDetached = false

  var lengthWidth: Int { isWide ? 8 : 4 }
}

extension DecodingError {
  @inline(never)
  static func corrupted(_ reason: String, at path: [any CodingKey]) -> DecodingError {
    .dataCorrupted(.init(codingPath: path, debugDescription: reason))
  }

  @inline(never)
  static func mismatch(_ type: Any.Type, found kind: CodableKind, at path: [any CodingKey]) -> DecodingError {
    .typeMismatch(
      type, .init(codingPath: path, debugDescription: "The encoded value is of the kind \(kind)."))
  }
}

/// A key made by a container itself, for the elements of unkeyed containers and for `super`.
struct CodableKey: CodingKey {
  let stringValue: String
  let intValue: Int?

  init(stringValue: String) {
    self.stringValue = stringValue
    intValue = nil
  }

  init(intValue: Int) {
    stringValue = String(intValue)
    self.intValue = intValue
  }

  static var superKey: CodableKey { CodableKey(stringValue: "super") }
}

/// A coding path as a reader would write it: `pages[3].title`.
func describe(_ path: [any CodingKey]) -> String {
  var text = ""
  for key in path {
    if let index = key.intValue {
      text += "[\(index)]"
    } else {
      text += text.isEmpty ? key.stringValue : ".\(key.stringValue)"
    }
  }
  return text
}
