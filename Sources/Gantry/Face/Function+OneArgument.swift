// How a function is made of its body: one argument or several, a value or nothing, synchronous or asynchronous.
// The codings are chosen here, where every type is known, so that the container's loop is specialised for them.

public import GantryContainers
public import GantryWire

extension Function {
  /// Makes a function of a body with one argument and a result.
  ///
  /// A synchronous body keeps its container single-threaded; bitwise arguments and results are read and written in
  /// place in shared memory.
  ///
  /// - Parameters:
  ///   - name: The function's name; nil for that of the property that holds it.
  ///   - options: How its containers are started, fed, and judged.
  ///   - body: What is run for each input, in a container.
  @inlinable
  public init(
    _ name: String?, options: FunctionOptions = .init(), _ body: @escaping @Sendable (Input) throws -> Output
  ) where Input: Payload, Output: Payload {
    self.init(
      FunctionCore(
        name, options, InputCoding(SingleCoding<Input>.self), OutputCoding(SingleCoding<Output>.self),
        .sync { chunk in
          runInputs(of: &chunk, SingleCoding<Input>.self, SingleCoding<Output>.self, body)
        }, body))
  }

  /// Makes a function of a body with one argument and a result.
  ///
  /// A synchronous body keeps its container single-threaded; bitwise arguments and results are read and written in
  /// place in shared memory.
  ///
  /// - Parameters:
  ///   - options: How its containers are started, fed, and judged.
  ///   - body: What is run for each input, in a container.
  @inlinable
  public init(
    options: FunctionOptions = .init(), _ body: @escaping @Sendable (Input) throws -> Output
  ) where Input: Payload, Output: Payload {
    self.init(
      FunctionCore(
        nil, options, InputCoding(SingleCoding<Input>.self), OutputCoding(SingleCoding<Output>.self),
        .sync { chunk in
          runInputs(of: &chunk, SingleCoding<Input>.self, SingleCoding<Output>.self, body)
        }, body))
  }

  /// Makes a function of an asynchronous body with one argument and a result.
  ///
  /// A synchronous body keeps its container single-threaded; bitwise arguments and results are read and written in
  /// place in shared memory.
  ///
  /// - Parameters:
  ///   - name: The function's name; nil for that of the property that holds it.
  ///   - options: How its containers are started, fed, and judged.
  ///   - body: What is run for each input, in a container.
  @inlinable
  public init(
    _ name: String?, options: FunctionOptions = .init(),
    _ body: @escaping @Sendable (Input) async throws -> Output
  ) where Input: Payload, Output: Payload {
    self.init(
      FunctionCore(
        name, options, InputCoding(SingleCoding<Input>.self), OutputCoding(SingleCoding<Output>.self),
        .async(AsyncRunner(SingleCoding<Input>.self, SingleCoding<Output>.self, body)), body))
  }

  /// Makes a function of an asynchronous body with one argument and a result.
  ///
  /// A synchronous body keeps its container single-threaded; bitwise arguments and results are read and written in
  /// place in shared memory.
  ///
  /// - Parameters:
  ///   - options: How its containers are started, fed, and judged.
  ///   - body: What is run for each input, in a container.
  @inlinable
  public init(
    options: FunctionOptions = .init(), _ body: @escaping @Sendable (Input) async throws -> Output
  ) where Input: Payload, Output: Payload {
    self.init(
      FunctionCore(
        nil, options, InputCoding(SingleCoding<Input>.self), OutputCoding(SingleCoding<Output>.self),
        .async(AsyncRunner(SingleCoding<Input>.self, SingleCoding<Output>.self, body)), body))
  }

  /// Makes a function of a body with one argument and no result.
  ///
  /// A synchronous body keeps its container single-threaded; bitwise arguments and results are read and written in
  /// place in shared memory.
  ///
  /// - Parameters:
  ///   - name: The function's name; nil for that of the property that holds it.
  ///   - options: How its containers are started, fed, and judged.
  ///   - body: What is run for each input, in a container.
  @inlinable
  public init(
    _ name: String?, options: FunctionOptions = .init(), _ body: @escaping @Sendable (Input) throws -> Void
  ) where Input: Payload, Output == Void {
    self.init(
      FunctionCore(
        name, options, InputCoding(SingleCoding<Input>.self), OutputCoding(VoidCoding.self),
        .sync { chunk in
          runInputs(of: &chunk, SingleCoding<Input>.self, VoidCoding.self, body)
        }, body))
  }

  /// Makes a function of a body with one argument and no result.
  ///
  /// A synchronous body keeps its container single-threaded; bitwise arguments and results are read and written in
  /// place in shared memory.
  ///
  /// - Parameters:
  ///   - options: How its containers are started, fed, and judged.
  ///   - body: What is run for each input, in a container.
  @inlinable
  public init(
    options: FunctionOptions = .init(), _ body: @escaping @Sendable (Input) throws -> Void
  ) where Input: Payload, Output == Void {
    self.init(
      FunctionCore(
        nil, options, InputCoding(SingleCoding<Input>.self), OutputCoding(VoidCoding.self),
        .sync { chunk in
          runInputs(of: &chunk, SingleCoding<Input>.self, VoidCoding.self, body)
        }, body))
  }

  /// Makes a function of an asynchronous body with one argument and no result.
  ///
  /// A synchronous body keeps its container single-threaded; bitwise arguments and results are read and written in
  /// place in shared memory.
  ///
  /// - Parameters:
  ///   - name: The function's name; nil for that of the property that holds it.
  ///   - options: How its containers are started, fed, and judged.
  ///   - body: What is run for each input, in a container.
  @inlinable
  public init(
    _ name: String?, options: FunctionOptions = .init(),
    _ body: @escaping @Sendable (Input) async throws -> Void
  ) where Input: Payload, Output == Void {
    self.init(
      FunctionCore(
        name, options, InputCoding(SingleCoding<Input>.self), OutputCoding(VoidCoding.self),
        .async(AsyncRunner(SingleCoding<Input>.self, VoidCoding.self, body)), body))
  }

  /// Makes a function of an asynchronous body with one argument and no result.
  ///
  /// A synchronous body keeps its container single-threaded; bitwise arguments and results are read and written in
  /// place in shared memory.
  ///
  /// - Parameters:
  ///   - options: How its containers are started, fed, and judged.
  ///   - body: What is run for each input, in a container.
  @inlinable
  public init(
    options: FunctionOptions = .init(), _ body: @escaping @Sendable (Input) async throws -> Void
  ) where Input: Payload, Output == Void {
    self.init(
      FunctionCore(
        nil, options, InputCoding(SingleCoding<Input>.self), OutputCoding(VoidCoding.self),
        .async(AsyncRunner(SingleCoding<Input>.self, VoidCoding.self, body)), body))
  }

  /// Makes a function of a body with one argument and several results.
  ///
  /// A synchronous body keeps its container single-threaded; bitwise arguments and results are read and written in
  /// place in shared memory.
  ///
  /// - Parameters:
  ///   - name: The function's name; nil for that of the property that holds it.
  ///   - options: How its containers are started, fed, and judged.
  ///   - body: What is run for each input, in a container.
  @inlinable
  public init<First: Payload, Second: Payload, each Other: Payload>(
    _ name: String?, options: FunctionOptions = .init(),
    _ body: @escaping @Sendable (Input) throws -> (First, Second, repeat each Other)
  ) where Input: Payload, Output == (First, Second, repeat each Other) {
    self.init(
      FunctionCore(
        name, options, InputCoding(SingleCoding<Input>.self),
        OutputCoding(TupleCoding<First, Second, repeat each Other>.self),
        .sync { chunk in
          runInputs(
            of: &chunk, SingleCoding<Input>.self, TupleCoding<First, Second, repeat each Other>.self, body)
        }, body))
  }

  /// Makes a function of a body with one argument and several results.
  ///
  /// A synchronous body keeps its container single-threaded; bitwise arguments and results are read and written in
  /// place in shared memory.
  ///
  /// - Parameters:
  ///   - options: How its containers are started, fed, and judged.
  ///   - body: What is run for each input, in a container.
  @inlinable
  public init<First: Payload, Second: Payload, each Other: Payload>(
    options: FunctionOptions = .init(),
    _ body: @escaping @Sendable (Input) throws -> (First, Second, repeat each Other)
  ) where Input: Payload, Output == (First, Second, repeat each Other) {
    self.init(
      FunctionCore(
        nil, options, InputCoding(SingleCoding<Input>.self),
        OutputCoding(TupleCoding<First, Second, repeat each Other>.self),
        .sync { chunk in
          runInputs(
            of: &chunk, SingleCoding<Input>.self, TupleCoding<First, Second, repeat each Other>.self, body)
        }, body))
  }

  /// Makes a function of an asynchronous body with one argument and several results.
  ///
  /// A synchronous body keeps its container single-threaded; bitwise arguments and results are read and written in
  /// place in shared memory.
  ///
  /// - Parameters:
  ///   - name: The function's name; nil for that of the property that holds it.
  ///   - options: How its containers are started, fed, and judged.
  ///   - body: What is run for each input, in a container.
  @inlinable
  public init<First: Payload, Second: Payload, each Other: Payload>(
    _ name: String?, options: FunctionOptions = .init(),
    _ body: @escaping @Sendable (Input) async throws -> (First, Second, repeat each Other)
  ) where Input: Payload, Output == (First, Second, repeat each Other) {
    self.init(
      FunctionCore(
        name, options, InputCoding(SingleCoding<Input>.self),
        OutputCoding(TupleCoding<First, Second, repeat each Other>.self),
        .async(
          AsyncRunner(SingleCoding<Input>.self, TupleCoding<First, Second, repeat each Other>.self, body)),
        body))
  }

  /// Makes a function of an asynchronous body with one argument and several results.
  ///
  /// A synchronous body keeps its container single-threaded; bitwise arguments and results are read and written in
  /// place in shared memory.
  ///
  /// - Parameters:
  ///   - options: How its containers are started, fed, and judged.
  ///   - body: What is run for each input, in a container.
  @inlinable
  public init<First: Payload, Second: Payload, each Other: Payload>(
    options: FunctionOptions = .init(),
    _ body: @escaping @Sendable (Input) async throws -> (First, Second, repeat each Other)
  ) where Input: Payload, Output == (First, Second, repeat each Other) {
    self.init(
      FunctionCore(
        nil, options, InputCoding(SingleCoding<Input>.self),
        OutputCoding(TupleCoding<First, Second, repeat each Other>.self),
        .async(
          AsyncRunner(SingleCoding<Input>.self, TupleCoding<First, Second, repeat each Other>.self, body)),
        body))
  }
}
