// Fuzzes the decoder of thrown errors, which looks types up by the names that a container sends.

@testable import GantryWire

let errorsTarget = FuzzTarget(
  name: "errors", run: { bytes, count in withInput(bytes, count, fuzzErrors) }, seeds: errorSeeds)

/// An error that travels whole.
struct Mishap: Error, Codable, Equatable {
  var place: String
  var count: Int
}

@Sendable private func fuzzErrors(_ bytes: UnsafeRawBufferPointer) {
  var decoder = PayloadDecoder(bytes)
  guard let error = try? ErrorCoding.decode(&decoder) else { return }
  // What was thrown may be thrown on by another function.
  var encoder = PayloadEncoder()
  ErrorCoding.encode(error.underlying ?? error, into: &encoder)
  insist(encoder.failure == nil, "An error cannot be sent on.")
  encoder.withBytes { raw in
    var again = PayloadDecoder(raw)
    do {
      let second = try ErrorCoding.decode(&again)
      if let first = error.underlying as? Mishap {
        insist(second.underlying as? Mishap == first, "An error changes on its way.")
      }
    } catch { fatalError("An error that was sent on does not arrive: \(error)") }
  }
}

@Sendable private func errorSeeds() -> [[UInt8]] {
  let errors: [any Error] = [
    Mishap(place: "here", count: 3), PayloadError("no"), UserCodeError(typeName: "T", message: "m"),
    CancellationError(),
  ]
  return errors.map { error in
    var encoder = PayloadEncoder()
    ErrorCoding.encode(error, into: &encoder)
    return encoder.withBytes { Array($0) }
  }
}
