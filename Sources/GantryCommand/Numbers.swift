// Numbers as people read them: grouped by thousands, with a fitting unit.

/// A count with a comma after every three digits.
func grouped(_ number: Int) -> String {
  let digits = String(number.magnitude)
  var text = number < 0 ? "-" : ""
  for (place, digit) in digits.enumerated() {
    if place > 0, (digits.count - place) % 3 == 0 { text += "," }
    text.append(digit)
  }
  return text
}

/// A number with so many decimal places.
func decimal(_ value: Double, _ places: Int) -> String {
  guard value.isFinite, value.magnitude < 1e15 else { return "\(value)" }
  let scale = (0..<places).reduce(1) { product, _ in product * 10 }
  let scaled = Int((value.magnitude * Double(scale)).rounded())
  let fraction = String(scaled % scale)
  let sign = value < 0 && scaled != 0 ? "-" : ""
  let whole = sign + grouped(scaled / scale)
  return places == 0 ? whole : "\(whole).\(String(repeating: "0", count: places - fraction.count))\(fraction)"
}

/// A span of time with three or four digits: `12.3 ms`.
func duration(nanoseconds: Int) -> String {
  let value = Double(nanoseconds)
  return switch nanoseconds {
  case ..<1_000_000: "\(decimal(value / 1e3, 1)) us"
  case ..<1_000_000_000: "\(decimal(value / 1e6, 1)) ms"
  default: "\(decimal(value / 1e9, 2)) s"
  }
}

/// A number of things, in the singular where it is one.
func counted(_ number: Int, _ thing: String, _ things: String? = nil) -> String {
  "\(grouped(number)) \(number == 1 ? thing : things ?? thing + "s")"
}
