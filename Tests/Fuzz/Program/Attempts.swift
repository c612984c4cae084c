// What a payload decoder promises for any bytes: a value or an error, and a value that travels on unchanged.

import GantryWire

/// How two values of a type are told apart.
enum Sameness {
  /// By their bytes: for types with only one encoding of a value.
  case bytes
  /// Not at all: hashed collections encode in any order, and not a number equals nothing.
  case nothing
}

/// Decodes a value of a type; what decodes must travel on, and arrive as the same.
func attempt<P: Payload>(_ type: P.Type, _ bytes: UnsafeRawBufferPointer, _ sameness: Sameness = .bytes) {
  guard let value = decode(P.self, bytes) else { return }
  let first = encode(value)
  let again = sendOn(P.self, first)
  if sameness == .bytes { insist(encode(again) == first, "A \(P.self) changes its bytes on its way.") }
}

/// The same for types whose values can be compared.
func attemptEqual<P: Payload & Equatable>(_ type: P.Type, _ bytes: UnsafeRawBufferPointer) {
  guard let value = decode(P.self, bytes) else { return }
  insist(sendOn(P.self, encode(value)) == value, "A \(P.self) changes on its way.")
}

private func decode<P: Payload>(_ type: P.Type, _ bytes: UnsafeRawBufferPointer) -> P? {
  var decoder = PayloadDecoder(bytes)
  guard let value = try? decoder.decode(P.self) else { return nil }
  insist(
    decoder.remaining >= 0 && decoder.remaining <= bytes.count, "The decoder of \(P.self) left its bytes.")
  return value
}

private func encode<P: Payload>(_ value: P) -> [UInt8] {
  var encoder = PayloadEncoder()
  encoder.encode(value)
  if let failure = encoder.takeFailure() { fatalError("What was decoded cannot be encoded: \(failure)") }
  return encoder.withBytes { Array($0) }
}

private func sendOn<P: Payload>(_ type: P.Type, _ bytes: [UInt8]) -> P {
  bytes.withUnsafeBytes { raw in
    var decoder = PayloadDecoder(raw)
    do {
      let value = try decoder.decode(P.self)
      insist(decoder.isAtEnd, "Bytes are left behind a \(P.self) that was encoded alone.")
      return value
    } catch {
      fatalError("A \(P.self) that was decoded and encoded does not decode: \(error)")
    }
  }
}

/// The bytes of some values, each behind the number of the attempt that decodes its type.
struct Seeds {
  private(set) var all: [[UInt8]] = []

  mutating func add<P: Payload>(_ number: UInt8, _ value: P) {
    var encoder = PayloadEncoder()
    encoder.encode(value)
    encoder.withBytes { all.append([number] + $0) }
  }
}

/// Takes the first byte off, which chooses what the others are.
func chosen(_ bytes: UnsafeRawBufferPointer) -> (choice: Int, rest: UnsafeRawBufferPointer)? {
  guard let first = bytes.first else { return nil }
  return (Int(first), UnsafeRawBufferPointer(rebasing: bytes[1...]))
}
