/** For the mutants' tests: that a property fails is enough, the smallest counterexample is nobody's. */
import fc from 'fast-check';

fc.configureGlobal({ endOnFailure: true });
