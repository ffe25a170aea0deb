//! A model's own chat template, rendered as Hugging Face's tokenizers would.
//!
//! The template comes with the model file, so it is untrusted: it runs with bounded fuel, sees
//! only the messages and two token texts, and its output is a prompt, nothing else.

use std::time::{SystemTime, UNIX_EPOCH};

use minijinja::value::Value;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, context};

use crate::engine::{Message, Role};

/// Instructions a template may execute; real ones need a few thousand.
const FUEL: u64 = 2_000_000;
/// Longest template accepted, in bytes.
const MAX_TEMPLATE: usize = 256 * 1024;

/// The texts of tokens that templates refer to.
#[derive(Clone, Debug, Default)]
pub(super) struct TokenTexts {
    pub(super) bos: String,
    pub(super) eos: String,
}

/// Renders `messages` with `template`, ready for the assistant's turn.
///
/// A template that refuses a system message gets it as part of the first user message.
///
/// # Errors
/// What the template engine, or the template by `raise_exception`, says.
pub(super) fn render(
    template: &str,
    messages: &[Message],
    tokens: &TokenTexts,
) -> Result<String, String> {
    if template.len() > MAX_TEMPLATE {
        return Err(format!("it is {} bytes long", template.len()));
    }
    let first = attempt(template, messages, tokens);
    match (first, messages) {
        (Ok(prompt), _) => Ok(prompt),
        (Err(error), [system, user, rest @ ..])
            if system.role == Role::System && user.role == Role::User =>
        {
            let content = format!("{}\n\n{}", system.content, user.content);
            let mut merged = vec![Message { role: Role::User, content }];
            merged.extend_from_slice(rest);
            attempt(template, &merged, tokens).map_err(|_| explain(&error))
        }
        (Err(error), _) => Err(explain(&error)),
    }
}

fn explain(error: &Error) -> String {
    let line = error.line().map(|line| format!(" (line {line} of the template)"));
    format!("{error}{}", line.unwrap_or_default())
}

fn attempt(template: &str, messages: &[Message], tokens: &TokenTexts) -> Result<String, Error> {
    let mut env = Environment::new();
    // As `transformers` sets its Jinja up.
    env.set_trim_blocks(true);
    env.set_lstrip_blocks(true);
    env.set_undefined_behavior(UndefinedBehavior::Chainable);
    env.set_fuel(Some(FUEL));
    env.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    env.add_function("raise_exception", |message: String| -> Result<Value, Error> {
        Err(Error::new(ErrorKind::InvalidOperation, message))
    });
    env.add_function("strftime_now", |format: String| strftime(&format, now()));
    env.add_template("chat", template)?;
    let list: Vec<Value> = messages
        .iter()
        .map(|message| {
            let role = match message.role {
                Role::System => "system",
                Role::User => "user",
                Role::Assistant => "assistant",
            };
            context! { role => role, content => message.content }
        })
        .collect();
    env.get_template("chat")?.render(context! {
        messages => list,
        add_generation_prompt => true,
        bos_token => tokens.bos,
        eos_token => tokens.eos,
        enable_thinking => false,
    })
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// The conversions that chat templates use, in UTC; others are left as they stand.
fn strftime(format: &str, seconds: u64) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    const DAYS: [&str; 7] =
        ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];
    let (year, month, day) = civil(seconds / 86_400);
    let weekday = DAYS[(seconds / 86_400 % 7) as usize];
    let name = MONTHS[(month - 1) as usize];
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('Y') => out.push_str(&year.to_string()),
            Some('y') => out.push_str(&format!("{:02}", year % 100)),
            Some('m') => out.push_str(&format!("{month:02}")),
            Some('d') => out.push_str(&format!("{day:02}")),
            Some('H') => out.push_str(&format!("{:02}", seconds / 3600 % 24)),
            Some('M') => out.push_str(&format!("{:02}", seconds / 60 % 60)),
            Some('S') => out.push_str(&format!("{:02}", seconds % 60)),
            Some('B') => out.push_str(name),
            Some('b') => out.push_str(&name[..3]),
            Some('A') => out.push_str(weekday),
            Some('a') => out.push_str(&weekday[..3]),
            Some('F') => out.push_str(&format!("{year}-{month:02}-{day:02}")),
            Some('%') | None => out.push('%'),
            Some(other) => out.extend(['%', other]),
        }
    }
    out
}

/// Days since 1970-01-01 to year, month, day. Howard Hinnant's `civil_from_days`.
fn civil(days: u64) -> (u64, u64, u64) {
    let z = days + 719_468;
    let era = z / 146_097;
    let of_era = z % 146_097;
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens() -> TokenTexts {
        TokenTexts { bos: "<s>".to_owned(), eos: "</s>".to_owned() }
    }

    fn talk() -> Vec<Message> {
        vec![
            Message { role: Role::System, content: " Be brief. ".to_owned() },
            Message { role: Role::User, content: "Hi {{ 7 * 7 }}".to_owned() },
        ]
    }

    #[test]
    fn chatml() {
        let template = "{% for m in messages %}\n\
            <|im_start|>{{ m['role'] }}\n{{ m.content.strip() }}<|im_end|>\n{% endfor %}\n\
            {%- if add_generation_prompt %}\n<|im_start|>assistant\n{% endif %}";
        let prompt = render(template, &talk(), &tokens()).unwrap();
        // What the user wrote is data: it is not rendered.
        assert_eq!(
            prompt,
            "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi {{ 7 * 7 }}<|im_end|>\n\
             <|im_start|>assistant\n"
        );
    }

    #[test]
    fn a_refused_system_message_moves_into_the_first_turn() {
        let template = "{{ bos_token }}{% if messages[0].role == 'system' %}\
            {{ raise_exception('System role not supported') }}{% endif %}\
            {% for m in messages %}[{{ m.role }}:{{ m.content | trim }}]{% endfor %}";
        let prompt = render(template, &talk(), &tokens()).unwrap();
        assert_eq!(prompt, "<s>[user:Be brief. \n\nHi {{ 7 * 7 }}]");
        let error = render(template, &talk()[..1], &tokens()).unwrap_err();
        assert!(error.contains("System role not supported"), "{error}");
    }

    #[test]
    fn python_habits_and_loops() {
        let template = "{%- set ns = namespace(n=0) -%}{%- for m in messages -%}\
            {%- if m.role == 'system' -%}{%- continue -%}{%- endif -%}{%- set ns.n = ns.n + 1 -%}\
            {{ m.content.split(' ')[0].upper() }}{{ m.tool_calls is defined }}{%- endfor -%}\
            {{ ns.n }}{{ strftime_now('%Y') | length }}{{ messages[::-1][0].role }}\
            {{ {'a': [1, true]} | tojson }}";
        let prompt = render(template, &talk(), &tokens()).unwrap();
        assert_eq!(prompt, "HIFalse14user{\"a\":[1,true]}");
    }

    #[test]
    fn hostile_templates_end() {
        let endless = "{% for a in range(9999) %}{% for b in range(9999) %}{% for c in \
            range(9999) %}x{% endfor %}{% endfor %}{% endfor %}";
        assert!(render(endless, &talk(), &tokens()).is_err());
        assert!(render("{% include '/etc/passwd' %}", &talk(), &tokens()).is_err());
        assert!(render("{{ 'x' * 1000000000000 }}", &talk(), &tokens()).is_err());
        assert!(render(&" ".repeat(MAX_TEMPLATE + 1), &talk(), &tokens()).is_err());
        assert!(render("{% if %}", &talk(), &tokens()).unwrap_err().contains("line 1"));
    }

    #[test]
    fn dates() {
        // 2024-02-29 13:05:09 UTC, a Thursday.
        let text = strftime("%d %b %Y %A %H:%M:%S %F %y%m %B %% %Q", 1_709_211_909);
        assert_eq!(text, "29 Feb 2024 Thursday 13:05:09 2024-02-29 2402 February % %Q");
        assert_eq!(civil(0), (1970, 1, 1));
    }
}
