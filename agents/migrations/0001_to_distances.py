import agents.models.people
import agents.models.workspaces
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    # All of these in one step: a new installation is migrated in a fraction of the time.
    replaces = [('agents', '0001_first'), ('agents', '0002_pause_a_workspace'), ('agents', '0003_draw_a_boundary'), ('agents', '0004_ask_for_qualification'), ('agents', '0005_put_the_checklist_away'), ('agents', '0006_draw_for_double_review'), ('agents', '0007_say_what_a_quarantine_took'), ('agents', '0008_show_test_items'), ('agents', '0009_publish_when_a_store_says'), ('agents', '0010_say_how_far_is_too_far')]

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Person',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('public_id', models.CharField(default=agents.models.people.new_public_id, editable=False, max_length=32, unique=True)),
                ('email', models.EmailField(max_length=254, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('is_active', models.BooleanField(default=True)),
                ('joined_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Workspace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=60, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('visible_checks', models.JSONField(default=list)),
                ('engines', models.JSONField(default=list)),
                ('regions', models.JSONField(default=list)),
                ('masked', models.JSONField(default=agents.models.workspaces.every_kind)),
                ('frozen_at', models.DateTimeField(blank=True, null=True)),
                ('paused_at', models.DateTimeField(blank=True, null=True)),
                ('test_item_percent', models.PositiveSmallIntegerField(default=0)),
                ('double_review_percent', models.PositiveSmallIntegerField(default=0)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name='SystemPrompt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sha256', models.CharField(max_length=64)),
                ('text', models.TextField()),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='agents.workspace')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('workspace', 'sha256'), name='one_system_prompt_a_text')],
            },
        ),
        migrations.CreateModel(
            name='Agent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=80)),
                ('name', models.CharField(max_length=120)),
                ('purpose', models.TextField(blank=True)),
                ('limits', models.TextField(blank=True)),
                ('risk_tier', models.CharField(blank=True, max_length=20)),
                ('model', models.CharField(blank=True, max_length=120)),
                ('environment', models.CharField(blank=True, max_length=120)),
                ('frozen_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='owned_agents', to=settings.AUTH_USER_MODEL)),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='agents', to='agents.workspace')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('workspace', 'slug'), name='one_agent_a_slug')],
            },
        ),
        migrations.CreateModel(
            name='Rendering',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=64, unique=True)),
                ('sha256', models.CharField(max_length=64)),
                ('tokens', models.PositiveIntegerField()),
                ('items', models.JSONField(default=list)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='agents.workspace')),
            ],
        ),
        migrations.CreateModel(
            name='Qualification',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('group', models.CharField(max_length=60)),
                ('attempt', models.PositiveIntegerField()),
                ('score', models.PositiveSmallIntegerField()),
                ('of', models.PositiveSmallIntegerField()),
                ('caught', models.PositiveSmallIntegerField()),
                ('traps', models.PositiveSmallIntegerField()),
                ('version', models.PositiveSmallIntegerField()),
                ('at', models.DateTimeField()),
                ('valid_until', models.DateTimeField()),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='qualifications', to=settings.AUTH_USER_MODEL)),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='qualifications', to='agents.workspace')),
            ],
            options={
                'indexes': [models.Index(fields=['workspace', 'group', 'person', 'valid_until'], name='qualifications_held')],
                'constraints': [models.UniqueConstraint(fields=('workspace', 'person', 'attempt'), name='one_qualification_an_attempt')],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('reviewer', 'Reviewer'), ('lead', 'Lead'), ('auditor', 'Auditor'), ('admin', 'Admin')], max_length=10)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('settled_in_at', models.DateTimeField(blank=True, null=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='agents.workspace')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('workspace', 'person'), name='one_role_a_person'), models.CheckConstraint(condition=models.Q(('role__in', ['reviewer', 'lead', 'auditor', 'admin'])), name='membership_role_is_known')],
            },
        ),
        migrations.CreateModel(
            name='Counter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('letter', models.CharField(max_length=1)),
                ('last', models.PositiveBigIntegerField(default=0)),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='agents.workspace')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('workspace', 'letter'), name='one_counter_a_letter')],
            },
        ),
        migrations.CreateModel(
            name='ApproverGroup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.SlugField(max_length=60)),
                ('qualified_since', models.DateTimeField(blank=True, null=True)),
                ('qualification_days', models.PositiveSmallIntegerField(default=365)),
                ('people', models.ManyToManyField(related_name='approver_groups', to=settings.AUTH_USER_MODEL)),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='groups', to='agents.workspace')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('workspace', 'name'), name='one_group_a_name')],
            },
        ),
        migrations.CreateModel(
            name='MemoryStore',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('unpublished_since', models.DateTimeField(blank=True, db_index=True, null=True)),
                ('publishing', models.CharField(choices=[('at_once', 'At once'), ('scheduled', 'On a schedule'), ('by_hand', 'By hand')], default='at_once', max_length=10)),
                ('publish_cron', models.CharField(blank=True, max_length=100)),
                ('publish_zone', models.CharField(default='UTC', max_length=64)),
                ('publish_set_at', models.DateTimeField(blank=True, null=True)),
                ('revalidate_percent', models.PositiveSmallIntegerField(default=20)),
                ('revalidate_changes', models.PositiveSmallIntegerField(default=30)),
                ('agent', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='store', to='agents.agent')),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='stores', to='agents.workspace')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('agent', None)), fields=('workspace',), name='one_shared_store')],
            },
        ),
        migrations.CreateModel(
            name='Token',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=agents.models.people.new_public_id, editable=False, max_length=32, unique=True)),
                ('label', models.CharField(max_length=120)),
                ('start', models.CharField(max_length=12)),
                ('sha256', models.CharField(max_length=64, unique=True)),
                ('scopes', models.JSONField(default=list)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('expires_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('agent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='tokens', to='agents.agent')),
                ('issued_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='issued_tokens', to=settings.AUTH_USER_MODEL)),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tokens', to='agents.workspace')),
            ],
        ),
        migrations.CreateModel(
            name='Release',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveBigIntegerField()),
                ('sequence', models.PositiveIntegerField()),
                ('sha256', models.CharField(max_length=64)),
                ('memory_count', models.PositiveIntegerField(default=0)),
                ('size_bytes', models.PositiveBigIntegerField(default=0)),
                ('slot', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('goes_back_to', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agents.release')),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agents.release')),
                ('published_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('store', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='releases', to='agents.memorystore')),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='releases', to='agents.workspace')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('store', 'sequence'), name='one_release_a_sequence'), models.UniqueConstraint(fields=('workspace', 'number'), name='one_release_a_number')],
            },
        ),
        migrations.CreateModel(
            name='Channel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.SlugField(default='live', max_length=40)),
                ('store', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='channels', to='agents.memorystore')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agents.release')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('store', 'name'), name='one_channel_a_name')],
            },
        ),
        migrations.CreateModel(
            name='Session',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveBigIntegerField()),
                ('external_id', models.CharField(max_length=300)),
                ('task_key', models.CharField(blank=True, max_length=300)),
                ('trial', models.CharField(blank=True, max_length=120)),
                ('principal', models.CharField(blank=True, max_length=300)),
                ('model', models.CharField(blank=True, max_length=120)),
                ('environment', models.CharField(blank=True, max_length=120)),
                ('verdict', models.CharField(choices=[('success', 'success'), ('failure', 'failure'), ('unknown', 'unknown')], max_length=10)),
                ('not_agent_fault', models.TextField(blank=True)),
                ('revision', models.PositiveIntegerField(default=1)),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('quarantined_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('agent', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sessions', to='agents.agent')),
                ('release', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agents.release')),
                ('shared_release', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agents.release')),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sessions', to='agents.workspace')),
            ],
            options={
                'indexes': [models.Index(fields=['workspace', 'agent', '-number'], name='agents_sess_workspa_75355a_idx')],
                'constraints': [models.UniqueConstraint(fields=('agent', 'external_id'), name='one_session_an_id'), models.UniqueConstraint(fields=('workspace', 'number'), name='one_session_a_number')],
            },
        ),
        migrations.CreateModel(
            name='MemoryRead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('external_session_id', models.CharField(max_length=300)),
                ('arm', models.CharField(blank=True, max_length=40, null=True)),
                ('budget_tokens', models.PositiveIntegerField()),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('agent', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reads', to='agents.agent')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agents.release')),
                ('shared_release', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agents.release')),
                ('rendering', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reads', to='agents.rendering')),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reads', to='agents.workspace')),
            ],
            options={
                'indexes': [models.Index(fields=['agent', 'external_session_id', 'id'], name='agents_memo_agent_i_68588b_idx')],
                'constraints': [models.UniqueConstraint(fields=('agent', 'external_session_id', 'budget_tokens', 'rendering'), name='one_read_a_session_and_rendering')],
            },
        ),
        migrations.CreateModel(
            name='SessionRevision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('content_hash', models.CharField(max_length=64)),
                ('sub_sessions', models.JSONField(default=list)),
                ('event_count', models.PositiveIntegerField(default=0)),
                ('tool_calls', models.PositiveIntegerField(default=0)),
                ('tool_errors', models.PositiveIntegerField(default=0)),
                ('secrets_removed', models.PositiveIntegerField(default=0)),
                ('characters_replaced', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('session', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='revisions', to='agents.session')),
                ('system_prompt', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agents.systemprompt')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('session', 'number'), name='one_revision_a_number')],
            },
        ),
        migrations.CreateModel(
            name='Outcome',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('verdict', models.CharField(choices=[('success', 'success'), ('failure', 'failure'), ('unknown', 'unknown')], max_length=10)),
                ('edit_distance', models.FloatField(blank=True, null=True)),
                ('revision', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='outcome', to='agents.sessionrevision')),
            ],
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('index', models.PositiveIntegerField()),
                ('kind', models.CharField(choices=[('message', 'message'), ('tool_call', 'tool_call'), ('tool_result', 'tool_result'), ('approval', 'approval'), ('rejection', 'rejection'), ('edit', 'edit'), ('interruption', 'interruption')], max_length=12)),
                ('role', models.CharField(choices=[('user', 'user'), ('assistant', 'assistant'), ('tool', 'tool')], max_length=10)),
                ('trust', models.CharField(max_length=10)),
                ('text', models.TextField()),
                ('tool', models.CharField(blank=True, max_length=200)),
                ('call_id', models.CharField(blank=True, max_length=200)),
                ('is_error', models.BooleanField(default=False)),
                ('person', models.CharField(blank=True, max_length=300)),
                ('sub_session', models.CharField(blank=True, max_length=200)),
                ('at', models.DateTimeField(blank=True, null=True)),
                ('revision', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='agents.sessionrevision')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('person', ''), _negated=True), fields=['person'], name='events_of_people')],
                'constraints': [models.UniqueConstraint(fields=('revision', 'index'), name='one_event_an_index')],
            },
        ),
        migrations.CreateModel(
            name='Check',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('name', models.CharField(max_length=200)),
                ('passed', models.BooleanField()),
                ('message', models.TextField(blank=True)),
                ('outcome', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='checks', to='agents.outcome')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('outcome', 'position'), name='one_check_a_position')],
            },
        ),
        migrations.CreateModel(
            name='Memory',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveBigIntegerField()),
                ('path', models.CharField(max_length=1024)),
                ('pinned', models.BooleanField(default=False)),
                ('protected', models.BooleanField(default=False)),
                ('review_by', models.DateField(blank=True, null=True)),
                ('store', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memories', to='agents.memorystore')),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memories', to='agents.workspace')),
            ],
            options={
                'verbose_name_plural': 'memories',
                'constraints': [models.UniqueConstraint(fields=('store', 'path'), name='one_memory_a_path'), models.UniqueConstraint(fields=('workspace', 'number'), name='one_memory_a_number')],
            },
        ),
        migrations.CreateModel(
            name='MemoryVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('content', models.TextField(blank=True)),
                ('sha256', models.CharField(max_length=64)),
                ('is_tombstone', models.BooleanField(default=False)),
                ('title', models.CharField(blank=True, max_length=120)),
                ('pattern_key', models.CharField(blank=True, db_index=True, max_length=64)),
                ('support', models.PositiveIntegerField(default=0)),
                ('last_evidence_at', models.DateTimeField(blank=True, null=True)),
                ('taint', models.CharField(max_length=10)),
                ('proposal', models.CharField(blank=True, max_length=24)),
                ('restores', models.PositiveIntegerField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('memory', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='agents.memory')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('memory', 'number'), name='one_version_a_number')],
            },
        ),
        migrations.CreateModel(
            name='Quarantine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('session', 'Session'), ('agent', 'Agent'), ('person', 'Person'), ('memory', 'Memory')], max_length=10)),
                ('target', models.CharField(max_length=80)),
                ('names', models.JSONField(default=list)),
                ('through', models.PositiveIntegerField(blank=True, null=True)),
                ('reason', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('lifted_at', models.DateTimeField(blank=True, null=True)),
                ('lift_reason', models.TextField(blank=True)),
                ('agent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='quarantines', to='agents.agent')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('cause', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='parts', to='agents.quarantine')),
                ('lifted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('memory', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='quarantines', to='agents.memory')),
                ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('session', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='quarantines', to='agents.session')),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='quarantines', to='agents.workspace')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('lifted_at', None)), fields=['workspace', 'kind'], name='quarantines_in_force')],
            },
        ),
        migrations.CreateModel(
            name='ReleaseItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('memory', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='agents.memory')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='agents.release')),
                ('version', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agents.memoryversion')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('release', 'memory'), name='one_item_a_memory')],
            },
        ),
        migrations.AddField(
            model_name='memory',
            name='head',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agents.memoryversion'),
        ),
    ]
