//! Templates as they are met, in short versions of our own: what they accept, and what they refuse.

use super::*;

fn render(template: &str, messages: &[Message], tokens: &TokenTexts) -> Result<String, String> {
    super::render(template, &ChatRequest::new(messages), tokens)
}

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
    assert_eq!(prompt, "HIFalse14user{\"a\": [1, true]}");
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

/// ChatML with tools, as Qwen and Hermes have it.
const HERMES: &str = include_str!("../../../tests/fixtures/models/dialogue_template.jinja");

/// As Llama 3.1: tools in the first user turn, results from "ipython", JSON indented.
const LLAMA: &str = "{{- bos_token }}
{%- if messages[0]['role'] == 'system' %}
    {%- set system = messages[0]['content'] | trim %}
    {%- set messages = messages[1:] %}
{%- endif %}
{{- '<|start|>system<|end|>\n\n' }}{{ system }}{{- '<|eot|>' }}
{%- if tools is not none %}
    {{- '<|start|>user<|end|>\n\nAnswer with a call.\n\n' }}
    {%- for t in tools %}{{- t | tojson(indent=4) }}{{- '\n\n' }}{%- endfor %}
    {{- messages[0]['content'] | trim + '<|eot|>' }}
    {%- set messages = messages[1:] %}
{%- endif %}
{%- for message in messages %}
    {%- if message.role == 'tool' or message.role == 'ipython' %}
        {{- '<|start|>ipython<|end|>\n\n' }}
        {%- if message.content is mapping or message.content is iterable %}
            {{- message.content | tojson }}
        {%- else %}{{- message.content }}{%- endif %}
        {{- '<|eot|>' }}
    {%- else %}
        {{- '<|start|>' + message.role + '<|end|>\n\n' + message.content | trim + '<|eot|>' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|start|>assistant<|end|>\n\n' }}{%- endif %}";

/// As Mistral: tools before the last user turn, strict alternation, ids of nine letters.
const MISTRAL: &str = "{{ bos_token }}
{%- set users = messages | selectattr('role', 'equalto', 'user') | list %}
{%- set ns = namespace(at=0) %}
{%- for message in messages if message.role in ['user', 'assistant'] %}
    {%- if (message.role == 'user') != (loop.index0 % 2 == 0) %}
        {{- raise_exception('roles must alternate user/assistant') }}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.role == 'user' %}
        {%- if tools is not none and message == users[-1] %}
            {{- '[AVAILABLE_TOOLS] ' + tools | tojson + '[/AVAILABLE_TOOLS]' }}
        {%- endif %}
        {{- '[INST] ' + message.content + '[/INST]' }}
    {%- elif message.role == 'assistant' %}
        {{- ' ' + message.content + eos_token }}
    {%- elif message.role == 'tool' %}
        {%- if message.tool_call_id is not defined or message.tool_call_id | length != 9 %}
            {{- raise_exception('tool call ids have nine letters') }}
        {%- endif %}
        {{- '[TOOL_RESULTS] ' + message.content + '[/TOOL_RESULTS]' }}
    {%- else %}
        {{- raise_exception('only user, assistant and tool') }}
    {%- endif %}
{%- endfor %}";

fn say(role: Role, content: &str) -> Message {
    Message { role, content: content.to_owned() }
}

/// A question, a call, its result.
fn calling() -> ChatRequest {
    let parameters = r#"{"type": "object", "properties": {"path": {"type": "string"}, "last": {"type": "integer"}}}"#;
    ChatRequest {
        messages: vec![
            say(Role::System, "Be brief."),
            say(Role::User, "What is in a<b.py?"),
            say(Role::Assistant, "CALL"),
            say(Role::Tool, "it's \"x\""),
        ],
        tools: vec![ToolSpec {
            name: "read".to_owned(),
            description: "Reads <a> file.".to_owned(),
            parameters: parameters.to_owned(),
        }],
        thinking: false,
    }
}

/// As Python would print it, keys in the order given.
const SIGNATURE: &str = r#"{"type": "function", "function": {"name": "read", "description": "Reads <a> file.", "parameters": {"type": "object", "properties": {"path": {"type": "string"}, "last": {"type": "integer"}}}}}"#;

#[test]
fn hermes_tools() {
    let prompt = super::render(HERMES, &calling(), &tokens()).unwrap();
    let (head, rest) = prompt.split_once(SIGNATURE).unwrap();
    assert!(head.starts_with("<|im_start|>system\nBe brief.\n\n# Tools\n"), "{prompt}");
    assert!(head.ends_with("<tools>\n"), "{prompt}");
    let talk = "<|im_end|>\n<|im_start|>user\nWhat is in a<b.py?<|im_end|>\n\
        <|im_start|>assistant\nCALL<|im_end|>\n<|im_start|>user\n<tool_response>\nit's \"x\"\n\
        </tool_response><|im_end|>\n<|im_start|>assistant\n";
    assert!(rest.ends_with(talk), "{rest}");
    // Without tools there is no word of them.
    let prompt = super::render(HERMES, &ChatRequest { tools: vec![], ..calling() }, &tokens());
    assert!(
        prompt.unwrap().starts_with("<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user")
    );
}

#[test]
fn llama_tools() {
    let prompt = super::render(LLAMA, &calling(), &tokens()).unwrap();
    assert!(prompt.contains("Answer with a call.\n\n{\n    \"type\": \"function\",\n"), "{prompt}");
    assert!(prompt.contains("}\n\nWhat is in a<b.py?<|eot|>"), "{prompt}");
    let end = "<|start|>ipython<|end|>\n\n\"it's \\\"x\\\"\"<|eot|><|start|>assistant<|end|>\n\n";
    assert!(prompt.ends_with(end), "{prompt}");
}

#[test]
fn mistral_tools_and_its_refusals() {
    // The system's words go to the user, whose turn the result follows.
    let prompt = super::render(MISTRAL, &calling(), &tokens()).unwrap();
    let wanted = format!(
        "<s>[AVAILABLE_TOOLS] [{SIGNATURE}][/AVAILABLE_TOOLS][INST] Be brief.\n\nWhat is in \
         a<b.py?[/INST] CALL</s>[TOOL_RESULTS] it's \"x\"[/TOOL_RESULTS]"
    );
    assert_eq!(prompt, wanted);
    // Two turns of one role become one.
    let mut chat = ChatRequest { tools: Vec::new(), ..calling() };
    chat.messages.insert(2, say(Role::User, "Tell me."));
    let prompt = super::render(MISTRAL, &chat, &tokens()).unwrap();
    assert!(prompt.contains("What is in a<b.py?\n\nTell me.[/INST] CALL</s>"), "{prompt}");
}

#[test]
fn results_are_the_users_where_a_template_knows_no_tool() {
    let template = "{% for m in messages %}[{{ m.role }}:{{ m.content }}]{% endfor %}";
    let prompt = super::render(template, &calling(), &tokens()).unwrap();
    assert!(prompt.ends_with("[assistant:CALL][user:it's \"x\"]"), "{prompt}");
    // It speaks of such turns, only to refuse them.
    let template = "{% for m in messages %}{% if m.role == 'tool' %}{{ raise_exception('no') }}\
        {% endif %}[{{ m.role }}:{{ m.content }}]{% endfor %}";
    let prompt = super::render(template, &calling(), &tokens()).unwrap();
    assert!(prompt.ends_with("[assistant:CALL][user:it's \"x\"]"), "{prompt}");
}

#[test]
fn tools_are_seen_in_a_template_and_their_parameters_read() {
    assert!([HERMES, LLAMA, MISTRAL].into_iter().all(calls_tools));
    assert!(!calls_tools("{{ toolset }}{{ my_tools }}{{ tools_ }}"));
    let mut chat = calling();
    chat.tools[0].parameters = "{".to_owned();
    let error = super::render(HERMES, &chat, &tokens()).unwrap_err();
    assert!(error.starts_with("the parameters of the tool read: "), "{error}");
}

#[test]
fn thinking_is_wished_for() {
    let template = "{{ messages[0].content }}{% if enable_thinking is false %}<no/>{% endif %}";
    let ask = |thinking| {
        let chat = ChatRequest { thinking, ..ChatRequest::new(&[say(Role::User, "Hi")]) };
        super::render(template, &chat, &tokens()).unwrap()
    };
    assert_eq!((ask(false), ask(true)), ("Hi<no/>".to_owned(), "Hi".to_owned()));
}
