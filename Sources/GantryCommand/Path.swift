// A file's name as the system has it: bytes that need not be text.

/// A path, made printable only where it is printed.
struct Path: Hashable, Sendable {
  /// The bytes, without a terminating zero.
  let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  init(_ text: String) { bytes = Array(text.utf8) }

  /// The path of an entry of this directory.
  func appending(_ name: [UInt8]) -> Path {
    var joined: [UInt8] = []
    joined.reserveCapacity(bytes.count + 1 + name.count)
    joined += bytes
    if joined.last != UInt8(ascii: "/") { joined.append(UInt8(ascii: "/")) }
    joined += name
    return Path(joined)
  }

  /// Whether some bytes occur in the path.
  func contains(_ part: [UInt8]) -> Bool {
    guard part.count <= bytes.count else { return false }
    return (0...bytes.count - part.count).contains { bytes[$0...].starts(with: part) }
  }

  /// Calls a body with the path as the system takes it.
  func withCString<R>(_ body: (UnsafePointer<CChar>) -> R) -> R {
    var terminated = bytes.map { CChar(bitPattern: $0) }
    terminated.append(0)
    return terminated.withUnsafeBufferPointer { buffer in
      // A path of at least one element, the zero, has an address.
      body(buffer.baseAddress.unsafelyUnwrapped)
    }
  }
}

/// Bytes as text for a terminal: what is no UTF-8 as replacement characters, control characters escaped.
func printable(_ bytes: some Sequence<UInt8>) -> String {
  var text = ""
  for scalar in String(decoding: Array(bytes), as: UTF8.self).unicodeScalars {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator, .format:
      text += "\\u{\(String(scalar.value, radix: 16))}"
    default:
      text.unicodeScalars.append(scalar)
    }
  }
  return text
}
