// Fuzzes the decoders of text: no bytes that are not UTF-8 become a String, and a Character is one character.

import GantryWire

let stringTarget = FuzzTarget(
  name: "string", run: { bytes, count in withInput(bytes, count, fuzzStrings) }, seeds: stringSeeds)

@Sendable private func fuzzStrings(_ bytes: UnsafeRawBufferPointer) {
  guard let (choice, rest) = chosen(bytes) else { return }
  switch choice % 8 {
  case 0: attemptText(rest)
  case 1: attempt(Substring.self, rest)
  case 2: attempt(Character.self, rest)
  case 3: attempt(String?.self, rest)
  case 4: attempt([String].self, rest)
  case 5: attempt([Character].self, rest)
  case 6: attempt(Result<String, PayloadError>.self, rest)
  default: attempt(ClosedRange<String>.self, rest)
  }
}

/// A String's bytes are those that were sent, and valid.
private func attemptText(_ bytes: UnsafeRawBufferPointer) {
  attempt(String.self, bytes)
  var decoder = PayloadDecoder(bytes)
  guard let text = try? decoder.decode(String.self) else { return }
  let end = bytes.count - decoder.remaining
  let sent = bytes[(end - text.utf8.count)..<end]
  insist(text.utf8.elementsEqual(sent), "A text is not what was sent.")
  insist(String(validating: sent, as: UTF8.self) == text, "A text is not valid UTF-8.")
}

@Sendable private func stringSeeds() -> [[UInt8]] {
  var seeds = Seeds()
  for text in ["", "a", "plain", "longer than fifteen bytes", "\u{E9}\u{4E16}\u{1F600}", "e\u{301}\0"] {
    seeds.add(0, text)
  }
  seeds.add(1, "some"[...])
  for one in ["a", "e\u{301}", "\u{1F468}\u{200D}\u{1F469}"] as [Character] { seeds.add(2, one) }
  seeds.add(3, String?.none)
  seeds.add(3, String?.some("x"))
  seeds.add(4, ["", "a", "two words"])
  seeds.add(5, ["a", "\u{4E16}"] as [Character])
  seeds.add(6, Result<String, PayloadError>.failure(PayloadError("no")))
  seeds.add(7, "a"..."b")
  return seeds.all
}
