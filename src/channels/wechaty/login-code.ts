/** Shows a login code in the terminal, on standard error. Whoever has the code can take the login: it goes nowhere else. */
export async function showLoginCode(account: string, code: string): Promise<void> {
  const { default: terminal } = await import('qrcode-terminal');
  terminal.generate(code, { small: true }, (picture: string) =>
    process.stderr.write(
      `${picture}\n${account}: scan this with the WeChat of that account (the code holds ${code})\n`,
    ),
  );
}
